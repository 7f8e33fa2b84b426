# shellcheck shell=sh
# Prints the inode and the name of each job's directory, an empty line, and a tar of the directories (the entries alone) and of one file in
# each.
# $1 the run directory, $2 the file's name. Exit code 71: there is no such directory.
# A job that is stopped meanwhile is not among them, and no reason to fail.

set -eu
[ -d "$1" ] || exit 71
cd -- "$1"
file=$2
set --
for job in *; do
    case $job in *[!A-Za-z0-9._-]*) continue ;; esac
    if [ ! -d "$job" ] || [ -L "$job" ]; then continue; fi
    stat -c '%i %n' -- "$job" 2>/dev/null || continue
    set -- "$@" "$job"
    if [ -f "$job/$file" ] && [ ! -L "$job/$file" ] && [ "$(stat -c %s -- "$job/$file" 2>/dev/null || echo 1048576)" -lt 1048576 ]; then
        set -- "$@" "$job/$file"
    fi
done
echo
if [ $# = 0 ]; then exit 0; fi
# 1 is that of a directory which changed while it was read.
tar -cf - --no-recursion --ignore-failed-read --owner=0 --group=0 -- "$@" || { code=$?; [ $code = 1 ] || exit $code; }
