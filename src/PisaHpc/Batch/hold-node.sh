# shellcheck shell=sh disable=SC2154,SC2034 # what a batch system's own script sets, and reads
# Keeps a batch system's new jobs off a node for as long as whoever asked is there, and waits until no job has it, or the time is up.
# A batch system's script includes this, and has, each by the system's own programs:
#     read_node     sets standing to open, closed or down, state to the system's word for it, because to the reason of what is closed
#     read_jobs     sets jobs to how many have the node; empty for none
#     close_node    closes it with $reason; ends with 75 where that would end jobs, and is tried again
#     open_node     opens what was closed with $reason
# The first three set words to why not where they fail.
# It says idle; busy and how many jobs have the node; taken and the reason with which another caller of ours holds it; or failed and why.
# Exit codes: 69 it cannot be asked, words are on standard error; 70 the node may be held still. Held is what nobody else has closed or
# taken down, and what a caller of ours left closed whose own host went down.

. Nodes/await-caller.sh
# whose: sets holder to who keeps jobs off the node. The same is whoever has the caller's reason with another mark.
whose() {
    case $standing-$because in
        open-*) holder=nobody ;;
        down-*) holder=somebody ;;
        closed-"$reason") holder=me ;;
        closed-"$cause" | closed-"$cause "*) holder=same ;;
        closed-"pisahpc: static "*) holder=another ;;
        *) holder=somebody ;;
    esac
}
# The same is about to give the node back, or is dead: only one at a time may change an environment on a node.
find_holder() {
    patience=5
    while :; do
        read_node </dev/null || { printf '%s\n' "$words" >&2; exit 69; }
        whose
        [ "$holder" = same ] && [ "$patience" -gt 0 ] || return 0
        sleep 1
        patience=$((patience - 1))
    done
}
fail_with() { said="failed $(printf '%s' "$1" | tr '\n' ' ')"; }
# look: sets said; ends with 0 where there is nothing to wait for any more.
look() {
    [ -n "$known" ] || read_node || { fail_with "$words"; return 1; }
    known=''
    whose
    case $closed$holder in
        nobody | same)
            close_node
            case $? in
                0) closed=yes ;;
                75) said="busy $words"; return 1 ;;
                *) fail_with "$words"; return 0 ;;
            esac
            told=$words
            read_node || { fail_with "$words"; return 1; }
            whose
            ;;
    esac
    case $closed$holder in
        *another) said="taken $because"; return 0 ;;
        yesme | *somebody) told='' ;;
        *)
            fail_with "it is not closed as it was any more: $state, $because${told:+; it said: $told}"
            return 0
            ;;
    esac
    read_jobs || { fail_with "$words"; return 1; }
    said="busy $jobs"
    [ -n "$jobs" ] || said=idle
    [ -z "$jobs" ]
}
# Looks less and less often, and ends with whoever ends it, or was killed: what is being done to the node is done to its end.
watch_node() {
    rest='' closed='' pause=1 known=yes
    trap '' HUP INT PIPE
    trap '[ -z "$rest" ] || kill "$rest" 2>/dev/null; exit' TERM
    while kill -0 $$ 2>/dev/null; do
        look && break
        left=$((deadline - $(date +%s)))
        [ "$left" -gt 0 ] || break
        [ "$pause" -le "$left" ] || pause=$left
        sleep "$pause" >/dev/null 2>&1 &
        rest=$!
        wait "$rest"
        rest=''
        pause=$((pause < 8 ? pause * 2 : 15))
    done
    printf '%s\n' "$said"
}
# Goes on for a minute, and says by its exit code whether it could.
give_back() {
    code=$?
    trap '' HUP INT TERM PIPE
    [ -z "$!" ] || { kill "$!"; wait "$!"; } 2>/dev/null
    end=$(($(date +%s) + 60))
    until read_node && whose && { [ "$holder" != me ] || open_node >/dev/null; }; do
        [ "$(date +%s)" -lt "$end" ] || exit 70
        sleep 2
    done
    exit "$code"
}
# need PROGRAM...: ends where one is missing.
need() {
    for program in "$@"; do
        command -v "$program" >/dev/null || { echo "there is no $program" >&2; exit 69; }
    done
}
# hold_node NODE SECONDS REASON SILENCE MARK: waits SECONDS for jobs, and takes a caller who is silent for SILENCE as gone. MARK is his own
# and follows the reason: what bears it is given back, and nothing that came after.
hold_node() {
    node=$1 cause=$3 reason="$3 $5"
    deadline=$(($(date +%s) + $2))
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 141' PIPE
    find_holder
    if [ "$holder" = another ]; then
        printf 'taken %s\n' "$because"
        await_caller "$4"
        exit
    fi
    # Before the watch begins: a signal between the two would leave the node closed.
    trap give_back EXIT
    watch_node &
    await_caller "$4"
}
