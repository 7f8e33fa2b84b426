# shellcheck shell=sh
# Prints what a look at static environments has to know of a node: whether their sshds greet, and the facts that a plan needs.
# $1 the deadline of the greetings in seconds, $2 how many; then of each its port and process id; then the paths to look for.

. Access/Login/login-greets.sh
. Containers/node-facts.sh
