# shellcheck shell=sh
# Runs in a container, as root: lets users in whom a drain turned away that was killed. $1 what it said, $2 the file that said it.

said=''
[ ! -e /etc/nologin ] || read -r said </etc/nologin || :
[ "$said" != "$1" ] || rm -f /etc/nologin "$2"
