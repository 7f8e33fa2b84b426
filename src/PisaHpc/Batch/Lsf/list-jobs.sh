# shellcheck shell=sh
# Asks LSF for all jobs that it knows, once, or for one. Arguments: the profile.lsf that the site definition names, or an empty one; the
# job's id, an array's element as 1234[5], none for all jobs.
# A line row.N for each job, as bjobs writes it; none of its fields is a user's own word. "rows" counts the lines, "code" is bjobs' exit
# code, and "words" what it said beside. "cluster" is LSF's own name of it. Of one job "passwd" and "groups" are its owner's.

profile=${1-} job=${2-}
needed='bjobs lsid base64'
[ -n "$job" ] || needed="$needed bparams lsclusters"
say_and_end() { printf '%s\t%s\nend\t1\n' "$1" "$2"; exit 0; }
encode() { printf '%s' "$1" | base64 | tr -d '\n'; }
refused() { say_and_end refused "$(encode "$1")"; }
. Batch/Lsf/caller-choices.sh

# shellcheck disable=SC2086 # words
choose_lsf "$profile" $needed || say_and_end "$lacking" "$lacks"
# bjobs writes times by the clock on the wall, without its zone.
export LC_ALL=C TZ=UTC0

cluster=$(lsid 2>&1) || refused "$cluster"
cluster=$(printf '%s\n' "$cluster" | sed -n 's/^My cluster name is //p')
if [ -z "$job" ]; then
    # Levels 2 to 4 hide jobs of others from everybody but the primary administrator (lsb.params(5)).
    parameters=$(bparams -a 2>&1) || refused "$parameters"
    printf '%s\n' "$parameters" | grep -Eq '^[[:space:]]*[A-Z][A-Z0-9_]*[[:space:]]*=[[:space:]]*[^[:space:]]' \
        || refused "bparams -a lists no parameter: $parameters"
    case $(printf '%s\n' "$parameters" \
        | sed -n 's/^[[:space:]]*SECURE_JOB_INFO_LEVEL[[:space:]]*=[[:space:]]*\([^[:space:]]*\).*/\1/p') in
        '' | 0 | 1 | 5) ;;
        *)
            primary=$(lsclusters 2>/dev/null | awk -v cluster="$cluster" '$1 == cluster { print $4 }')
            [ "$(id -un)" = "$primary" ] || say_and_end hidden "$(id -un)"
            ;;
    esac
fi
printf 'cluster\t%s\nnow\t%s\n' "$cluster" "$(date +%s)"
fields='jobid jobindex stat user queue app exec_host submit_time start_time finish_time exit_code exit_reason'
# The rows, and as the last line bjobs' exit code and what it said beside.
rows=$({
    words=$(bjobs -u all -a -X -noheader -o "$fields delimiter='|'" ${job:+"$job"} 2>&1 >&3)
    printf '%s %s\n' "$?" "$(encode "$words")" >&3
} 3>&1)
end=$(printf '%s\n' "$rows" | sed -n '$p')
rows=$(printf '%s\n' "$rows" | sed '$d')
if [ -n "$job" ]; then
    owner=$(printf '%s\n' "$rows" | sed -n '1s/^[^|]*|[^|]*|[^|]*|\([^|]*\)|.*/\1/p')
    if [ -n "$owner" ] && passwd=$(getent passwd "$owner") && groups=$(id -G "${passwd%%:*}"); then
        printf 'passwd\t%s\ngroups\t%s\n' "$passwd" "$groups"
    fi
fi
if [ -n "$rows" ]; then printf '%s\n' "$rows" | awk '{ print "row." NR "\t" $0 }'; fi
printf 'code\t%s\nwords\t%s\nrows\t%s\nend\t1\n' "${end%% *}" "${end#* }" "$(printf '%s' "$rows" | grep -c '')"
