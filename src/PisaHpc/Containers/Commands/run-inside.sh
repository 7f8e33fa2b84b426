# shellcheck shell=sh
# Runs in a container, before a command: becomes at home there, and gives way to it.
# $1 "other" where this is another user than the container's, who has none of its variables; $2 the working directory, empty for the
# user's home, or / without one; then the command.
# Exit code 78: there is no such working directory.

. Containers/Commands/account.sh
[ "$1" != other ] || account
begin_in "$2"
shift 2
exec "$@"
