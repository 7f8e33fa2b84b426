# shellcheck shell=sh
# Marks that a change of a file begins.
# $1 the mark, $2 where what stands there is kept, or none.

mkdir -p "${1%/*}" && printf '%s\n' "$2" > "$1"
