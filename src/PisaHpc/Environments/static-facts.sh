# shellcheck shell=sh
# Prints what a look at static environments has to know of a node: whether their sshds greet, what its clock shows, by which its engine
# tells when a container started, and the facts that a plan needs. Which ports are taken is a matter of a start.
# $1 the deadline of the greetings in seconds, $2 how many; then of each its port and process id; then the paths to look for.

. Access/Login/login-greets.sh
echo '--- now'
date +%s
. Containers/plan-facts.sh
