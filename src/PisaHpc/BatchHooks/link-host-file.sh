# shellcheck shell=sh
# Puts a symbolic link in a file's place by rename(2). Under the new name nobody finds it before that.
# $1 the link, $2 where it leads.

set -eu
new=
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT PIPE TERM
new=${1%/*}/.${1##*/}.$(uname -n).$$
ln -s "$2" "$new"
mv -fT "$new" "$1"
