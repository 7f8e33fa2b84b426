# shellcheck shell=sh
# Stands before a script that the login's own shell runs: a line that tells the process id, as run-command.sh has it, and no input.

echo "pisahpc-pid $$"
exec </dev/null
