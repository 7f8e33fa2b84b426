# shellcheck shell=sh
# Puts standard input in a file's place by rename(2), with the owner and mode of the one that is there; through a symbolic link, which a
# configuration tool may have made. A new file's name is known before it is made, so that a signal in between leaves none.
# $1 the file, $2 the SHA-256 of what may stand there, or none, several by spaces; $3 where to keep that, or nothing; $4 the SHA-256 of
# the new content, since a connection that breaks is an end of file too; $5 where to note it, or nothing.

set -eu
digest() { sha256sum < "$1" | cut -d ' ' -f 1; }
file=$1
new=
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT PIPE TERM
[ ! -L "$file" ] || file=$(readlink -f "$file")
found=none
[ ! -e "$file" ] || found=$(digest "$file")
case " $2 " in *" $found "*) ;; *) echo "it was changed meanwhile" >&2; exit 3 ;; esac
umask 022
mkdir -p "${file%/*}"
if [ -n "$3" ]; then
  new=$3.$$
  cp -p "$file" "$new"
  mv -f "$new" "$3"
fi
new=$file.$$
[ "$found" = none ] || cp -p "$file" "$new"
cat > "$new"
if [ "$(digest "$new")" != "$4" ]; then echo "the connection broke before all of it had come" >&2; exit 4; fi
[ -z "$5" ] || echo "$4" >> "$5"
mv -f "$new" "$file"
