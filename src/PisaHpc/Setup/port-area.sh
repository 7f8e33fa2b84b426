# shellcheck shell=sh
# Makes a port area, or the ports that it lacks. The directory that it lies in is there.
# $1 the directory, $2 first, $3 last.
# Ports and directory are written to by the account that leases in them alone: who may write a lease's file may forge it, and who may
# link but not unlink in a sticky directory loses the port. A port's file that is there may hold a lease, so that each is made new or not
# at all. (A redirection that fails ends a shell at ":" and not at "true": POSIX, 2.8.1.) A file system without hard links is told by a
# link that is tried before the many files are made (exit code 5), and nothing is left there.

umask 022
made=
[ -d "$1" ] || { mkdir -m 755 "$1" && made=$1; } || [ -d "$1" ] || exit 1
try=$1/.pisahpc-try.$$
trap 'rm -f "$try" "$try.link"' EXIT
trap 'exit 1' HUP INT PIPE TERM
{ true > "$try"; } || exit 1
if ! said=$(ln "$try" "$try.link" 2>&1); then
  rm -f "$try"
  [ -z "$made" ] || rmdir "$made"
  echo "its file system, $(stat -f -c %T "${1%/*}/"), has no hard links, by which ports are held ($said)" >&2
  exit 5
fi
rm -f "$try" "$try.link"
set -C
port=$2
while [ "$port" -le "$3" ]; do
  [ -e "$1/$port" ] || { true > "$1/$port"; } 2>/dev/null || [ -e "$1/$port" ] || { echo "cannot make $1/$port" >&2; exit 1; }
  port=$((port + 1))
done
