# shellcheck shell=sh
# Asks Slurm for all jobs that it knows, once. Argument: "details" for those of jobs that run, too; none without them.
# A line job.ID for each: its id as squeue shows it, state, end, nodes; none of it is a user's own word. "rows" counts the lines that
# squeue wrote: one of another form is none of the jobs, and "stray" is the first. What squeue says beside is "words". "cluster" is Slurm's
# own name of it. "details" has partition, owner and comment of each job that runs, which begins with "mark".
# Who is not root may be shown his own jobs alone (slurm.conf(5), PrivateData).

. Batch/Slurm/caller-choices.sh
# It would have another cluster say which of this site's jobs live.
unset SLURM_CONF
tab=$(printf '\t')
for program in squeue scontrol base64; do
    command -v "$program" >/dev/null || { printf 'missing\t%s\nend\t1\n' "$program"; exit 0; }
done
encode() { printf '%s' "$1" | base64 | tr -d '\n'; }
refused() { printf 'refused\t%s\nend\t1\n' "$(encode "$1")"; exit 0; }

settings=$(scontrol show config 2>&1) || refused "$settings"
setting() { printf '%s\n' "$settings" | sed -n "s/^$1 *= *//p"; }
if [ "$(id -u)" != 0 ]; then
    private=$(setting PrivateData)
    case ,$private, in ,,|*,jobs,*|*,all,*) printf 'hidden\t%s\nend\t1\n' "$(id -un)"; exit 0 ;; esac
fi
printf 'cluster\t%s\nnow\t%s\n' "$(setting ClusterName)" "$(date +%s)"
# The rows, and as the last line squeue's exit code and what it said beside.
rows=$({
    words=$(squeue --noheader --states=all --sort=i --format='%A %i %T %e %N' 2>&1 >&3)
    printf '%s %s\n' "$?" "$(encode "$words")" >&3
} 3>&1)
end=$(printf '%s\n' "$rows" | sed -n '$p')
rows=$(printf '%s\n' "$rows" | sed '$d')
words=${end#* }
[ "${end%% *}" = 0 ] || { printf 'refused\t%s\nend\t1\n' "$words"; exit 0; }
if [ "${1-}" = details ]; then
    # A comment is its user's own words, line ends and all: a job begins with a word that nobody can have known.
    read -r mark </proc/sys/kernel/random/uuid
    details=$(squeue --noheader --states=running --sort=i --format="$mark|%A|%P|%u|%k" 2>/dev/null) \
        || refused "squeue ended with $? when it was asked for partitions and comments"
    printf 'mark\t%s\ndetails\t%s\n' "$mark" "$(encode "$details")"
fi
printf '%s\n' "$rows" | sed -n "s/^\([0-9][0-9]*\) /job.\1$tab/p"
printf 'words\t%s\n' "$words"
printf 'stray\t%s\n' "$(encode "$(printf '%s' "$rows" | sed -n '/^[0-9][0-9]* /!{p;q;}')")"
printf 'rows\t%s\nend\t1\n' "$(printf '%s' "$rows" | grep -c '')"
