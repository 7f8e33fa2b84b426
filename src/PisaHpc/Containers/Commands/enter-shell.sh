# shellcheck shell=sh
# Runs in a container, on a terminal: a person's session there. It begins as a login does, in the user's home, and gives way to his shell,
# or to a command.
# $1 "other" where this is another user than the container's, whose home is not the container's HOME; $2 the working directory, empty for
# the home; then the command, none for the login shell.
# Exit code 78: there is no such working directory.

. Containers/Commands/account.sh
pisahpc_own=$HOME
unset HOME SHELL USER LOGNAME
account
[ "$1" = other ] || [ -z "$pisahpc_own" ] || HOME=$pisahpc_own
case $SHELL in
    */nologin | */false) SHELL=/bin/sh ;;
esac
[ -x "$SHELL" ] || SHELL=/bin/sh
begin_in "$2"
shift 2
[ $# -gt 0 ] || set -- "$SHELL" -l
exec "$@"
