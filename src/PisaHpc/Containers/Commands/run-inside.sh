# shellcheck shell=sh
# Runs in a container, before a command: becomes at home there, and gives way to it.
# $1 "other" where this is another user than the container's, whose variables are those of its own user; $2 the working directory, empty
# for the user's home, or / without one; then the command.
# Exit code 78: there is no such working directory.

. Containers/Commands/account.sh
[ "$1" != other ] || account
directory=$2
shift 2
if [ -n "$directory" ]; then
    cd -- "$directory" || exit 78
else
    cd -- "${HOME:-/}" 2>/dev/null || cd /
fi
unset directory
exec "$@"
