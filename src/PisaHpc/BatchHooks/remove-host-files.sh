# shellcheck shell=sh
# Removes files, then each of their directories that is empty by that. What is gone already is success.
# $1 what has to match something else than the files when they are gone, or nothing: Slurm drains a node whose wildcards match nothing;
# then the files. Exit code 3: nothing else would match, and nothing was removed.

set -eu
pattern=$1
shift
if [ -n "$pattern" ]; then
  others=
  # shellcheck disable=SC2231 # the wildcards are meant
  for found in $pattern; do
    [ -e "$found" ] || continue
    case " $* " in *" $found "*) ;; *) others=$found && break ;; esac
  done
  [ -n "$others" ] || { echo "nothing else is there that $pattern matches" >&2; exit 3; }
fi
rm -f "$@"
for file in "$@"; do rmdir "${file%/*}" 2>/dev/null || :; done
