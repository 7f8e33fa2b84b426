# shellcheck shell=sh
# Asks Slurm for all jobs that it knows, once. A line job.ID for each: its id as squeue shows it, state, end, nodes; none of it is a user's
# own word. "rows" counts the lines that squeue wrote: one of another form is none of the jobs.
# Who is not root may be shown his own jobs alone (slurm.conf(5), PrivateData).

. Batch/Slurm/caller-choices.sh
for program in squeue scontrol base64; do
    command -v "$program" >/dev/null || { printf 'missing\t%s\nend\t1\n' "$program"; exit 0; }
done
refused() { printf 'refused\t'; printf '%s' "$1" | base64 | tr -d '\n'; printf '\nend\t1\n'; exit 0; }

if [ "$(id -u)" != 0 ]; then
    settings=$(scontrol show config 2>&1) || refused "$settings"
    private=$(printf '%s\n' "$settings" | sed -n 's/^PrivateData *= *//p')
    case ,$private, in ,,|*,jobs,*|*,all,*) printf 'hidden\t%s\nend\t1\n' "$(id -un)"; exit 0 ;; esac
fi
printf 'now\t%s\n' "$(date +%s)"
rows=$(squeue --noheader --states=all --sort=i --format='%A %i %T %e %N' 2>&1) || refused "$rows"
printf '%s\n' "$rows" | sed -n 's/^\([0-9][0-9]*\) /job.\1\t/p'
printf 'rows\t%s\nend\t1\n' "$(printf '%s' "$rows" | grep -c '')"
