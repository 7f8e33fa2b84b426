# shellcheck shell=sh disable=SC2154 # what begins with ph_ is set by the parts before
# The supervisor's second part: it takes the command, which defines the function variables and sets this shell's arguments, runs it and
# sees to its end.
#
# The launcher leads a session of its own. A stop is TERM, then KILL after the grace; then whatever still carries the run's mark is killed,
# here and, when the launcher did not end by itself or had not started all ranks, on the other nodes: a daemon that hangs there does not
# hear of the end. A launcher that broke off (255, or TERM from Hydra's agent) may have lost a node, and not every launcher says which:
# the one that no longer answers is named.
#
# Open MPI 4 and 5 write without waiting, and when they end they throw away what a full pipe does not take: their output goes to files,
# which are followed until the caller has read both ends and closes the life line. What has been read is given back to the disk, where
# its file system knows holes (fallocate(2)), so that a file takes the room of what the caller has yet to read.

. Mpi/read-part.sh
prepare
ph_spool=
if [ "$ph_kind" = openmpi ]; then
    ph_spool=$(mktemp -d) || refuse "there is no room for output in ${TMPDIR:-/tmp} of the container"
    trap 'rm -rf "$ph_spool"' EXIT
    : >"$ph_spool/out"
    : >"$ph_spool/err"
    ph_pace=
    ! tail -s 0.1 /dev/null 2>/dev/null || ph_pace='-s 0.1'
    # shellcheck disable=SC2086 # none or two words
    tail $ph_pace -c +1 -f "$ph_spool/out" </dev/null 2>/dev/null &
    ph_followers=$!
    # shellcheck disable=SC2086 # none or two words
    tail $ph_pace -c +1 -f "$ph_spool/err" </dev/null >&2 2>/dev/null &
    ph_followers="$ph_followers $!"
    give_back() {
        for fd in "/proc/$1/fd"/*; do
            # shellcheck disable=SC3013 # dash, bash and busybox have it; without it nothing is given back
            [ "$fd" -ef "$2" ] && read -r _ position <"/proc/$1/fdinfo/${fd##*/}" && fallocate -p -o 0 -l "$position" "$2"
        done
    }
    (
        trap 'kill "$timer"; exit' TERM
        while kill -0 $$; do
            sleep 2 &
            timer=$!
            wait "$timer"
            give_back "${ph_followers% *}" "$ph_spool/out"
            give_back "${ph_followers#* }" "$ph_spool/err"
        done
    ) <&- >/dev/null 2>&1 &
    ph_followers="$ph_followers $!"
fi
say() { if [ -n "$ph_spool" ]; then fact "$@" >>"$ph_spool/out"; else fact "$@"; fi; }

exec 3<&0 </dev/null 4>&1
ph_stopped='' ph_setsid=$(command -v setsid) && set -- "$ph_setsid" "$@"
launch() {
    export PISAHPC_RUN="$ph_run"
    variables
    exec "$@"
}
if [ -n "$ph_spool" ]; then launch "$@" 3<&- 4>&- >>"$ph_spool/out" 2>>"$ph_spool/err" & else launch "$@" 3<&- 4>&- & fi
ph_launcher=$!
ph_partial=
trap 'ph_stopped=yes; kill -TERM "$ph_launcher" 2>/dev/null' USR1 HUP INT TERM
trap 'ph_stopped=yes ph_partial=yes; kill -TERM "$ph_launcher" 2>/dev/null' USR2

(
    trap - USR1 USR2 HUP INT TERM
    signal=USR2
    while read -r word <&3; do
        case $word in
            look) look >&4 3<&- & ;;
            started) signal=USR1 ;;
        esac
    done
    kill "-$signal" $$
    sleep "$ph_grace" 4>&- &
    timer=$!
    trap 'kill "$timer" 2>/dev/null; exit' TERM
    wait "$timer"
    kill -KILL "-$ph_launcher" 2>/dev/null || kill -KILL "$ph_launcher"
) >/dev/null 2>&1 &
ph_watcher=$!

while :; do
    wait "$ph_launcher" 2>/dev/null
    ph_code=$?
    kill -0 "$ph_launcher" 2>/dev/null || break
done
{ kill "$ph_watcher"; wait "$ph_watcher"; } 2>/dev/null

ph_sweep="pass=0
while [ \$pass -lt 20 ]; do
    marked=\$(grep -lazx PISAHPC_RUN=$ph_run /proc/[0-9]*/environ 2>/dev/null)
    [ -n \"\$marked\" ] || break
    for file in \$marked; do
        pid=\${file#/proc/}
        kill -KILL \${pid%/environ} 2>/dev/null
    done
    pass=\$((pass + 1))
done"
if [ -n "$ph_stopped" ] || [ "$ph_code" = 137 ]; then
    eval "$ph_sweep"
fi
if [ "$ph_code" = 137 ] || [ -n "$ph_partial" ]; then
    elsewhere "$ph_sweep"
fi
case $ph_stopped$ph_code in
    143 | 255) name_lost ;;
esac
say end "$ph_code"
if [ -n "$ph_spool" ]; then
    fact eof >>"$ph_spool/err"
    cat <&3 >/dev/null
    # shellcheck disable=SC2086 # their words
    kill $ph_followers
fi
exit "$ph_code"
