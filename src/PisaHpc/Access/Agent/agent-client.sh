# shellcheck shell=sh
# Defines agent_client DIRECTORY PROGRAM ARGUMENTS…: the agent's client, as the owner of a job's directory, in place of this shell.
# The variables of the account that is logged in here are not the job's user's: none goes along.

agent_client() {
    directory=$1 program=$2
    shift 2
    owner=$(stat -c %u -- "$directory") && group=$(stat -c %g -- "$directory") || exit 78
    set -- env -i "$program/pisahpc-run" --socket "$directory/agent/socket" "$@"
    [ "$(id -u)" != "$owner" ] || exec "$@"
    set -- setpriv --reuid "$owner" --regid "$group" --clear-groups --inh-caps=-all --no-new-privs "$@"
    # The owner's process has no way to this one's terminal, into which he could type.
    if (: </dev/tty) 2>/dev/null; then set -- setsid --wait "$@"; fi
    exec "$@"
}
