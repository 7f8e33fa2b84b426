# shellcheck shell=sh
# Prints a file in base64 and where it really lies, behind symbolic links.
# $1 the file.

if [ -e "$1" ]; then
  content=$(base64 <"$1") || exit 1
  printf 'content\t%s\n' "$(printf '%s' "$content" | tr -d '\n')"
  printf 'real\t%s\n' "$(readlink -f "$1")"
fi
printf 'end\t1\n'
