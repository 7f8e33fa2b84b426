# shellcheck shell=sh
# Runs in a container of a static environment: whether its users are let in. $1 what a drain of ours says to whoever comes.
# Exit code 1: they are turned away by it. What an admin says there is an admin's own.

[ -e /etc/nologin ] || exit 0
said=''
read -r said </etc/nologin || :
[ "$said" != "$1" ]
