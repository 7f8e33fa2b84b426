# shellcheck shell=sh
# Prints the owner of a job's directory, a line feed, and a tar of those of the named files that are regular ones.
# $1 the directory, then file names. Exit code 71: there is no such directory.

set -eu
dir=$1; shift
[ -d "$dir" ] || exit 71
cd -- "$dir"
for name do
    shift
    if [ -f "$name" ] && [ ! -L "$name" ] && [ "$(stat -c %s -- "$name")" -lt 1048576 ]; then set -- "$@" "$name"; fi
done
stat -c %u -- .
if [ $# = 0 ]; then exit 0; fi
exec tar -cf - --owner=0 --group=0 -- "$@"
