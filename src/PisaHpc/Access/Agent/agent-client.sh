# shellcheck shell=sh
# Defines agent_client DIRECTORY PROGRAM ARGUMENTS…: the agent's client, as the owner of a job's directory, in place of this shell.
# The variables of the account that is logged in here are not the job's user's: none goes along.

. Access/as-owner.sh
agent_client() {
    directory=$1 program=$2
    shift 2
    as_owner "$directory" env -i "$program/pisahpc-run" --socket "$directory/agent/socket" "$@"
}
