# shellcheck shell=sh
# Tells the jobs of which a condor_starter runs on this node, by what htcondor-root (hooks/htcondor) has written down of it: a file
# PID.TICKS for each starter, of root's alone, whose line "turn JOB USER UID" says its job. It is so where that process is there and began
# then (proc(5), field 22). Argument: the file of the hooks' settings, which says where the records are. A node without the hooks
# shows none, and none are shown to whoever is not root.

run=$(sed -n 's/^run //p' "$1" 2>/dev/null)
records=${run:-/nonexistent}/.htcondor
if [ -d "$records" ] && [ ! -L "$records" ]; then
    for record in "$records"/*.*; do
        name=${record##*/}
        pid=${name%%.*} ticks=${name#*.}
        case $pid-$ticks in *[!0-9-]* | -* | *- | *-*-*) continue ;; esac
        IFS= read -r stat <"/proc/$pid/stat" || continue
        # shellcheck disable=SC2086 # fields
        set -- ${stat##*) }
        [ "${20-}" = "$ticks" ] || continue
        job=$(sed -n 's/^turn \([A-Za-z0-9._-]*\) [^ ]* [0-9]*$/\1/p' "$record")
        [ -z "$job" ] || printf 'running.%s\t1\n' "$job"
    done 2>/dev/null
fi
printf 'end\t1\n'
