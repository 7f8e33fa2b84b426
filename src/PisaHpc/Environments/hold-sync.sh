# shellcheck shell=sh
# Holds the right to bring a static environment on this node to what is declared, for as long as whoever asked is there.
# $1 the environment's directory, $2 who asks, $3 the seconds after which a silent one is gone. Says held.
# Exit code 75: another one holds it, who is on standard error; 70: refused.

set -eu
. Nodes/await-caller.sh
dir=$1
. Access/Login/login-directory.sh
exec 9>>"$dir/.sync"
# A job that is placed has it for a moment.
flock -w 1 9 || {
    cat -- "$dir/.sync" >&2
    exit 75
}
printf '%s\n' "$2" >"$dir/.sync"
echo held
await_caller "$3" 9>&-
: >"$dir/.sync"
