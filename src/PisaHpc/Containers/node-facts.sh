# shellcheck shell=sh
# Prints what a start has to know of a node: what a plan has to, and which ports are taken. That table is as long as there are connections.
# $@ the paths to look for.

echo '--- tcp'
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
. Containers/plan-facts.sh
