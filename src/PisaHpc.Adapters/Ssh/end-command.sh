# shellcheck shell=sh
# Ends a command: TERM to its group and, after a line on standard input or its end, KILL to what is left of its session. sshd refuses the
# signal message of the protocol for root logins.
# $1 the id of its first process.

kill -TERM "-$1" 2>/dev/null
# shellcheck disable=SC2034 # what the line says does not matter
read -r go
pkill -KILL -s "$1" 2>/dev/null
kill -KILL "-$1" 2>/dev/null
exit 0
