# shellcheck shell=sh
# Counts the jobs that a node itself kept from being set up, one after another: "jobs" is how many different ones there are.
# $1 the directory of the records of hooks; $2 the job that failed, none where one was set up: that ends the row.

set -eu
faults=$1/faults
if [ -z "${2-}" ]; then
  rm -f -- "$faults"
  printf 'jobs\t0\nend\t1\n'
  exit 0
fi
# As the hooks make it.
umask 022
mkdir -p -- "${1%/*}"
[ -d "$1" ] || mkdir -m 711 -- "$1" 2>/dev/null || [ -d "$1" ]
[ ! -L "$1" ]
umask 077
grep -qsxF -- "$2" "$faults" || printf '%s\n' "$2" >>"$faults"
printf 'jobs\t%s\nend\t1\n' "$(sort -u "$faults" | grep -c '')"
