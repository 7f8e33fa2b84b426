# shellcheck shell=sh
# Copies between standard input and output and an engine's socket. By the agent's program where the node has it: docker's client takes some
# 20 ms of a CPU to begin. Else by that client, in the way in which it itself goes over ssh (docker/cli, cli/connhelper).
# $1 the socket; $2 the directory of the agent's program, RUN/.agent/NAME, or nothing.

if [ -n "${2-}" ] && [ -x "$2/pisahpc-run" ]; then
    # Who else may write there could have this account run a program of his.
    # shellcheck disable=SC2046 # words without blanks
    set -- "$1" "$2" $(stat -c '%u:%A' -- /proc/self/ "$2" "${2%/*}" "${2%/*/*}" 2>/dev/null)
    me=${3%%:*}
    case "${4-} ${5-} ${6-}" in "$me":d????-??-?" $me":d????-??-?" $me":d????-??-?) exec "$2/pisahpc-run" --relay-to "$1" ;; esac
fi
exec docker --host "unix://$1" system dial-stdio
