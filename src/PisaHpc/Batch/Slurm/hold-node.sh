# shellcheck shell=sh
# Has Slurm give a node no new job, for as long as whoever asked is there, and waits until no job has it, or the time is up. Says idle;
# busy and how many jobs have it; taken and the reason with which another caller of ours has drained it; or failed and Slurm's words.
# $1 the node, $2 the seconds to wait, $3 the reason, $4 the seconds after which a silent caller is gone, $5 the caller's own mark, which
# follows the reason in Slurm: what bears it is given back, and no drain that came after.
# Exit codes: 69 it cannot be asked, Slurm's words are on standard error; 70 the node may be drained still. Drained is what nobody else has
# drained or taken down, and what a caller of ours left drained whose own host went down. UNDRAIN takes that flag away and no other
# (scontrol(1)): what is down stays down.

. Batch/Slurm/caller-choices.sh
. Nodes/await-caller.sh
node=$1
reason="$3 $5"
read_node() {
    record=$(scontrol show node "$node" 2>&1) || return
    state=$(printf '%s\n' "$record" | sed -n 's/^ *State=\([^ ]*\).*$/\1/p')
    because=$(printf '%s\n' "$record" | sed -n 's/^ *Reason=\(.*\) \[.*$/\1/p')
}
is_mine() { case $state in *DRAIN*) [ "$because" = "$reason" ] ;; *) false ;; esac; }
# Who else drains it: nobody, another environment's caller, or somebody who is none of ours. Whoever has the same reason is about to give
# the node back, or is dead: only one at a time may change an environment on a node.
find_drainer() {
    patience=5
    while :; do
        read_node || { printf '%s\n' "$record" >&2; exit 69; }
        drainer=nobody
        case $state in
            *DRAIN*) ;;
            *DOWN* | *FAIL*) drainer=somebody; return ;;
            *) return ;;
        esac
        case $because in
            "$1" | "$1 "*) [ "$patience" -gt 0 ] || return ;;
            "pisahpc: static "*) drainer=another; return ;;
            *) drainer=somebody; return ;;
        esac
        sleep 1
        patience=$((patience - 1))
    done
}
# Asks less and less often, and ends with whoever ends it.
watch_jobs() {
    rest=''
    trap '[ -z "$rest" ] || kill "$rest" 2>/dev/null; exit' TERM
    pause=1
    while :; do
        said=failed
        if jobs=$(squeue --noheader --nodelist="$node" --states=CF,CG,R,S,ST --format=%A 2>&1); then
            count=$(printf '%s\n' "$jobs" | grep -c '^[0-9]')
            said="busy $count"
            if [ "$count" -eq 0 ] && { [ "$drainer" = somebody ] || read_node; }; then
                if [ "$drainer" = somebody ] || is_mine; then
                    echo idle
                else
                    printf 'failed it is not drained as it was any more: State=%s Reason=%s\n' "$state" "$because"
                fi
                return
            fi
            [ "$count" -gt 0 ] || { said=failed; jobs=$record; }
        fi
        left=$((deadline - $(date +%s)))
        [ "$left" -gt 0 ] || break
        [ "$pause" -le "$left" ] || pause=$left
        sleep "$pause" >/dev/null 2>&1 &
        rest=$!
        wait "$rest"
        pause=$((pause < 8 ? pause * 2 : 15))
    done
    [ "$said" != failed ] || said="failed $(printf '%s' "$jobs" | tr '\n' ' ')"
    printf '%s\n' "$said"
}
# Goes on for a minute, and says by its exit code whether it could.
give_back() {
    code=$?
    trap '' HUP INT TERM PIPE
    end=$(($(date +%s) + 60))
    until read_node && { ! is_mine || scontrol update NodeName="$node" State=UNDRAIN; }; do
        [ "$(date +%s)" -lt "$end" ] || exit 70
        sleep 2
    done
    exit "$code"
}

for program in scontrol squeue; do
    command -v "$program" >/dev/null || { echo "there is no $program" >&2; exit 69; }
done
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
deadline=$(($(date +%s) + $2))
find_drainer "$3"
if [ "$drainer" = another ]; then
    printf 'taken %s\n' "$because"
    await_caller "$4"
    exit
fi
if [ "$drainer" = nobody ]; then
    trap give_back EXIT
    scontrol update NodeName="$node" State=DRAIN Reason="$reason" || exit 69
fi
watch_jobs &
watch=$!
await_caller "$4"
kill "$watch" 2>/dev/null || :
