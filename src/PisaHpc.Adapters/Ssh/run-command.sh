# shellcheck shell=sh
# A command, behind a line that tells the process id. That is also the id of the session's process group: sshd starts each command in a
# session of its own. Names begin so that no variable of the account's, which its commands would see changed, is one of them.
# $1 what it reads: none, whole (all of it follows at once), streamed (it waits for a line, and does not run without one); $2 how it ends:
# exec (the command takes the shell's place, and a signal that ends it reaches sshd as such), code (128 + n for signal n), drain (what is
# left of its input is read to the end; before that the words of $3, when it has any, are written); then the command.

echo "pisahpc-pid $$"
pisahpc_input=$1 pisahpc_end=$2 pisahpc_key=$3
shift 3
# shellcheck disable=SC2034 # what the line says does not matter
case $pisahpc_input in
    none) exec </dev/null ;;
    streamed) read -r pisahpc_go || exit ;;
esac
[ "$pisahpc_end" != exec ] || exec "$@"
"$@"
pisahpc_code=$?
if [ "$pisahpc_end" = drain ]; then
    [ -z "$pisahpc_key" ] || printf 'pisahpc-end %s' "$pisahpc_key"
    # Mostly that is nothing. What streams may be much, and has lines or not.
    if [ "$pisahpc_input" = streamed ] || read -r pisahpc_key; then cat >/dev/null; fi
fi
exit "$pisahpc_code"
