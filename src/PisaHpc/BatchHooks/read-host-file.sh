# shellcheck shell=sh
# Prints a file in base64 and where it really lies, behind symbolic links; nothing of one that is not there, or goes while it is read.
# $1 the file.

if [ -e "$1" ] && content=$(base64 "$1"); then
  printf 'content\t%s\n' "$(printf '%s' "$content" | tr -d '\n')"
  printf 'real\t%s\n' "$(readlink -f "$1")"
elif [ -e "$1" ]; then exit 1
fi
printf 'end\t1\n'
