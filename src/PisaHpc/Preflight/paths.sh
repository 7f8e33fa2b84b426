# shellcheck shell=sh
# Prints + or - and each path as soon as it is known whether it exists, and the type of its file system after a tab.
# $@ the paths. Each is asked for by itself: one behind a server that is gone holds whoever asks.

for path in "$@"; do
  ( if [ -e "$path" ]; then printf '+%s\t%s\n' "$path" "$(stat -f -c %T "$path" 2>/dev/null)"
    else printf -- '-%s\t\n' "$path"; fi ) &
done
wait
