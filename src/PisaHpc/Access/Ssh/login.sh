# shellcheck shell=sh
# Runs a command in a job's container.
# $1 the job's directory, $2 the container's node, $3 the command, a line for a login shell.

. Access/Ssh/job-login.sh
job_login "$@"
