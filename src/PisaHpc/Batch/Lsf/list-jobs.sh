# shellcheck shell=sh
# Asks LSF for all jobs that it knows, once, or for one. Argument: the job's id, an array's element as 1234[5]; none for all jobs.
# A line row.N for each job, as bjobs writes it; none of its fields is a user's own word. "rows" counts the lines, "code" is bjobs' exit
# code, which says little (lsf.conf(5), LSB_BJOBS_CONSISTENT_EXIT_CODE), and "words" what it said beside. "cluster" is LSF's own name of it.
# Of one job "passwd" and "groups" are its owner's.
# Where the commands are in no usual place a profile.lsf has it: that of LSF_ENVDIR, else of /etc.

profile=${LSF_ENVDIR:-/etc}/profile.lsf
# shellcheck disable=SC1090 # the site's
if ! command -v bjobs >/dev/null && [ -r "$profile" ]; then . "$profile" >/dev/null 2>&1; fi
# bjobs writes times by the clock on the wall, without its zone.
export LC_ALL=C TZ=UTC0
for program in bjobs lsid bparams base64; do
    command -v "$program" >/dev/null || { printf 'missing\t%s\nend\t1\n' "$program"; exit 0; }
done
encode() { printf '%s' "$1" | base64 | tr -d '\n'; }
refused() { printf 'refused\t%s\nend\t1\n' "$(encode "$1")"; exit 0; }

cluster=$(lsid 2>&1) || refused "$cluster"
cluster=$(printf '%s\n' "$cluster" | sed -n 's/^My cluster name is //p')
if [ -z "${1-}" ]; then
    # Levels 2 to 4 hide jobs of others from everybody but the primary administrator (lsb.params(5)).
    level=$(bparams -a 2>&1) || refused "$level"
    case $(printf '%s\n' "$level" | sed -n 's/^[[:space:]]*SECURE_JOB_INFO_LEVEL[[:space:]]*=[[:space:]]*\([^[:space:]]*\).*/\1/p') in
        '' | 0 | 1 | 5) ;;
        *)
            primary=$(lsclusters 2>/dev/null | awk -v cluster="$cluster" '$1 == cluster { print $4 }')
            [ "$(id -un)" = "$primary" ] || { printf 'hidden\t%s\nend\t1\n' "$(id -un)"; exit 0; }
            ;;
    esac
fi
printf 'cluster\t%s\nnow\t%s\n' "$cluster" "$(date +%s)"
fields='jobid jobindex stat user queue app exec_host submit_time start_time finish_time exit_code exit_reason'
# The rows, and as the last line bjobs' exit code and what it said beside.
rows=$({
    words=$(bjobs -u all -a -X -noheader -o "$fields delimiter='|'" ${1:+"$1"} 2>&1 >&3)
    printf '%s %s\n' "$?" "$(encode "$words")" >&3
} 3>&1)
end=$(printf '%s\n' "$rows" | sed -n '$p')
rows=$(printf '%s\n' "$rows" | sed '$d')
if [ -n "${1-}" ]; then
    owner=$(printf '%s\n' "$rows" | sed -n '1s/^[^|]*|[^|]*|[^|]*|\([^|]*\)|.*/\1/p')
    if [ -n "$owner" ] && passwd=$(getent passwd "$owner") && groups=$(id -G "${passwd%%:*}"); then
        printf 'passwd\t%s\ngroups\t%s\n' "$passwd" "$groups"
    fi
fi
if [ -n "$rows" ]; then printf '%s\n' "$rows" | awk '{ print "row." NR "\t" $0 }'; fi
printf 'code\t%s\nwords\t%s\nrows\t%s\nend\t1\n' "${end%% *}" "${end#* }" "$(printf '%s' "$rows" | grep -c '')"
