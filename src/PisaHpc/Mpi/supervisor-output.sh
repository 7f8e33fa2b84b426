# shellcheck shell=sh disable=SC2154 # what begins with ph_ is set by the parts before
# The launcher's output on its way to the caller, for launchers whose output goes to files.
#
# Open MPI 4 and 5 write without waiting, and when they end they throw away what a full pipe does not take: their output goes to files,
# which are followed until the caller has read both ends and closes the life line. What has been read is given back to the disk, where
# its file system knows holes (fallocate(2)), so that a file takes the room of what the caller has yet to read.

ph_spool=
say() { if [ -n "$ph_spool" ]; then fact "$@" >>"$ph_spool/out"; else fact "$@"; fi; }

# Makes the files, while the caller makes the command.
make_spool() {
    ph_spool=$(mktemp -d) || refuse "there is no room for output in ${TMPDIR:-/tmp} of the container"
    trap 'rm -rf "$ph_spool"' EXIT
    trap 'exit 1' HUP INT TERM
    : >"$ph_spool/out"
    : >"$ph_spool/err"
    ph_pace=
    ! tail -s 0.1 /dev/null 2>/dev/null || ph_pace='-s 0.1'
}

# follow FILE BYTE: writes what is in the file from that byte on, and what comes.
follow() {
    # shellcheck disable=SC2086 # none or two words
    exec tail $ph_pace -c "+$2" -f "$1" </dev/null 2>/dev/null
}

follow_spool() {
    follow "$ph_spool/out" 1 &
    ph_out=$!
    follow "$ph_spool/err" 1 >&2 &
    ph_err=$!
    (
        trap 'kill "$timer"; exit' TERM
        while kill -0 $$; do
            sleep 2 &
            timer=$!
            wait "$timer"
            give_back "$ph_out" "$ph_spool/out"
            give_back "$ph_err" "$ph_spool/err"
        done
    ) <&- >/dev/null 2>&1 &
    ph_returner=$!
}

# position FOLLOWER FILE: sets ph_position, how far it has read.
position() {
    for ph_fd in "/proc/$1/fd"/*; do
        # shellcheck disable=SC3013 # dash, bash and busybox have it; without it the position is not known
        [ "$ph_fd" -ef "$2" ] && read -r _ ph_position <"/proc/$1/fdinfo/${ph_fd##*/}" && return
    done
    return 1
}

give_back() { position "$1" "$2" && fallocate -p -o 0 -l "$ph_position" "$2"; }

# The caller's words: hold, when he has more than he can take, and the output stays on the disk; and go.
regulate() {
    case ${ph_spool:+$1} in
        hold) kill -STOP "$ph_out" "$ph_err" ;;
        go) kill -CONT "$ph_out" "$ph_err" ;;
    esac 2>/dev/null
}

# passed_on FOLLOWER FILE: whether all that it has read is written, and it looks for more only when its time comes; then it is ended. Else
# it is in the midst of it, and goes on to the end by itself. It stands still meanwhile, which it does when the kernel next runs it, and
# proc_pid_io(5) counts what it wrote; where that is not to be had, it goes on too.
passed_on() {
    kill -STOP "$1" || return
    ph_written='' ph_state=S
    while [ "$ph_state" = S ] || [ "$ph_state" = R ]; do
        read -r _ _ ph_state _ <"/proc/$1/stat" || break
    done
    while read -r ph_name ph_value; do
        [ "$ph_name" != wchar: ] || ph_written=$ph_value
    done <"/proc/$1/io"
    if [ "$ph_state" = T ] && position "$1" "$2" && [ "$ph_position" = "$ph_written" ]; then
        kill -KILL "$1"
        wait "$1"
        return 0
    fi
    kill -CONT "$1"
    return 1
} 2>/dev/null

# Sends what there is to the caller, the launcher's end behind it, until he has all. What was held goes on: a word of his may have been lost
# when this process took to reading them, and he says hold again.
deliver() {
    trap '' USR1 USR2 HUP INT TERM
    say end "$1"
    fact eof >>"$ph_spool/err"
    if passed_on "$ph_out" "$ph_spool/out"; then
        follow "$ph_spool/out" $((ph_position + 1)) 3<&- 4>&- &
        ph_out=$!
    fi
    if passed_on "$ph_err" "$ph_spool/err"; then
        follow "$ph_spool/err" $((ph_position + 1)) >&2 3<&- 4>&- &
        ph_err=$!
    fi
    while read -r ph_word <&3; do regulate "$ph_word"; done
    {
        kill "$ph_returner"
        kill -KILL "$ph_out" "$ph_err"
        wait "$ph_out" "$ph_err"
    } 2>/dev/null
}
