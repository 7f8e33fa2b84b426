# shellcheck shell=sh disable=SC2034 # read by the part that follows
# Runs in a container: ends a command that was begun there.
# $1 the command's session, 0 when nobody knows it; $2 the time at which its first process started; $3 the mark, a variable with its value;
# $4 the first signal.

session=$1 born=$2 mark=$3 signal=$4 now=0
. Engines/Docker/execution-processes.sh
end_execution
