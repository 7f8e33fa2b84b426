# shellcheck shell=sh disable=SC2154 # what begins with ph_ is set by the parts before
# The supervisor's second part: it takes the command, which defines the function variables and sets this shell's arguments, runs it and
# sees to its end.
#
# The launcher leads a session of its own. A stop is TERM, then KILL after the grace; then whatever still carries the run's mark is killed,
# here and, when the launcher did not end by itself or had not started all ranks, on the other nodes: a daemon that hangs there does not
# hear of the end. A launcher that broke off (255, or TERM from Hydra's agent) may have lost a node, and not every launcher says which:
# the one that no longer answers is named.

[ "$ph_kind" != openmpi ] || make_spool
. Mpi/read-part.sh
prepare
[ -z "$ph_spool" ] || follow_spool

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
            *) regulate "$word" ;;
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
if [ -n "$ph_spool" ]; then deliver "$ph_code"; else say end "$ph_code"; fi
exit "$ph_code"
