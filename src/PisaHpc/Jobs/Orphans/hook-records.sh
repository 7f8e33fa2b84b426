# shellcheck shell=sh
# Prints what hooks of batch systems have written down of jobs' runs on this node, a line each: "record.NAME" and its identity.
# $1 the run directory, below which they are, as .slurm/JOB.RESTART and .lsf/JOB.INDEX. With further arguments NAME=IDENTITY those are
# removed instead, each as long as it is the one that was looked at, with what lies beside it.

run=$1
shift
identity() { stat -c '%i-%Y' -- "$1" 2>/dev/null; }
cd -- "$run" 2>/dev/null || { printf 'end\t1\n'; exit 0; }
if [ $# = 0 ]; then
    for record in .slurm/*.*[0-9] .lsf/*.*[0-9]; do
        case ${record#.*/} in *[!0-9.]*) continue ;; esac
        if [ -f "$record" ] && found=$(identity "$record"); then printf 'record.%s\t%s\n' "$record" "$found"; fi
    done
fi
for judged; do
    record=${judged%=*}
    [ "$(identity "$record")" = "${judged##*=}" ] || continue
    rm -f -- "$record" "$record.why" "$record.pid" || exit 1
done
printf 'end\t1\n'
