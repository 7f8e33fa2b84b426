# shellcheck shell=sh
# Runs the agent's client as a job's user.
# $1 the job's directory, $2 the program's directory, then the client's arguments.

. Access/Agent/agent-client.sh
agent_client "$@"
