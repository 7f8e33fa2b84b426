# shellcheck shell=sh
# Counts the jobs that a node itself kept from being set up, one after another: "jobs" is how many different ones there are,
# "owners" how many users' they are.
# $1 the directory of the records of hooks; $2 the job that failed, none where one was set up: that ends the row; $3 its owner.

set -eu
faults=$1/faults
if [ -z "${2-}" ]; then
  rm -f -- "$faults"
  printf 'jobs\t0\nowners\t0\nend\t1\n'
  exit 0
fi
# As the hooks make it.
umask 022
mkdir -p -- "${1%/*}"
[ -d "$1" ] || mkdir -m 711 -- "$1" 2>/dev/null || [ -d "$1" ]
[ ! -L "$1" ]
umask 077
grep -qsxF -- "$2 $3" "$faults" || printf '%s %s\n' "$2" "$3" >>"$faults"
jobs=$(cut -d ' ' -f 1 "$faults" | sort -u | grep -c '')
owners=$(cut -s -d ' ' -f 2 "$faults" | sort -u | grep -c '')
printf 'jobs\t%s\nowners\t%s\nend\t1\n' "$jobs" "$owners"
