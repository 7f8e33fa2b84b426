# shellcheck shell=sh
# Has Slurm give a node no new job, for as long as whoever asked is there, and waits until no job has it, or the time is up. Says idle,
# or busy and how many jobs have it.
# $1 the node, $2 the seconds to wait, $3 the reason, $4 the seconds after which a silent caller is gone.
# Exit code 69: it cannot be asked; Slurm's words are on standard error. Drained is what nobody else has drained or taken down, and what a
# caller of ours left drained whose own host went down. UNDRAIN takes that flag away and no other (scontrol(1)): what is down stays down.

. Batch/Slurm/caller-choices.sh
. Nodes/await-caller.sh
reason_of() { scontrol show node "$1" | sed -n 's/^ *Reason=\(.*\) \[.*$/\1/p'; }
watch_jobs() {
    left=$2
    while :; do
        jobs=$(squeue --noheader --nodelist="$1" --states=CF,CG,R,S,ST --format=%A) || return
        count=$(printf '%s' "$jobs" | grep -c .)
        [ "$count" -gt 0 ] || {
            echo idle
            return
        }
        [ "$left" -gt 0 ] || {
            printf 'busy %s\n' "$count"
            return
        }
        sleep 1
        left=$((left - 1))
    done
}
give_back() { [ "$(reason_of "$1")" != "$2" ] || scontrol update NodeName="$1" State=UNDRAIN; }

for program in scontrol squeue; do
    command -v "$program" >/dev/null || { echo "there is no $program" >&2; exit 69; }
done
record=$(scontrol show node "$1" --oneliner 2>&1) || { printf '%s\n' "$record" >&2; exit 69; }
state=$(printf '%s\n' "$record" | sed -n 's/.* State=\([^ ]*\) .*/\1/p')
mine=''
case $state in
    *DRAIN*) [ "$(reason_of "$1")" != "$3" ] || mine=1 ;;
    *DOWN* | *FAIL*) ;;
    *) mine=1 ;;
esac
if [ "$mine" ]; then
    trap 'give_back "$1" "$3"' EXIT
    trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
    scontrol update NodeName="$1" State=DRAIN Reason="$3" || exit 69
fi
watch_jobs "$1" "$2" &
watch=$!
await_caller "$4"
kill "$watch" 2>/dev/null || :
