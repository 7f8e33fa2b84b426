# shellcheck shell=sh
# Prints what the kernel counted in the memory control group of containers that run: a line for each fact, its name and its value by a tab.
# $1 the root directory, empty on a node; then the containers' full ids. A group is found by the processes that are in it, since its path is
# the engine's own and its driver's.

root=$1
shift
[ $# -gt 0 ] || { printf 'end\t1\n'; exit 0; }
ids=$(printf '%s\n' "$@")
seen=$(grep -h -F -e "$ids" "$root"/proc/[0-9]*/cgroup 2>/dev/null | sort -u)
mounts=$(while read -r _ point type options _; do
  case $type,$options, in
    cgroup2,*) printf '2 %s\n' "$point" ;;
    cgroup,*,memory,*) printf '1 %s\n' "$point" ;;
  esac
done < "$root/proc/mounts")
# The first line of a file; nothing where it is not there.
first() { [ ! -e "$1" ] || head -n 1 "$1"; }
# The value beside a key.
value() { [ ! -e "$2" ] || sed -n "s/^$1 //p" "$2" | head -n 1; }
say() { [ -z "$3" ] || printf '%s.%s\t%s\n' "$1" "$2" "$3"; }

for id in "$@"; do
  line=$(printf '%s\n' "$seen" | grep -F "$id" | grep -E '^[0-9]+:([^:]*,)?memory(,[^:]*)?:' | head -n 1)
  version=1
  [ -n "$line" ] || { line=$(printf '%s\n' "$seen" | grep -F "$id" | grep '^0::' | head -n 1); version=2; }
  [ -n "$line" ] || continue
  path=${line#*:*:}
  rest=${path#*"$id"}
  path=${path%"$rest"}${rest%%/*}
  point=$(printf '%s\n' "$mounts" | sed -n "s/^$version //p" | head -n 1)
  group=$point$path
  files=$root$group
  [ -n "$point" ] && [ -d "$files" ] || continue
  say "$id" cgroup "$group"
  if [ "$version" = 1 ]; then
    say "$id" kills "$(value oom_kill "$files/memory.oom_control")"
    say "$id" hits "$(first "$files/memory.failcnt")"
    say "$id" peak "$(first "$files/memory.max_usage_in_bytes")"
    say "$id" limit "$(first "$files/memory.limit_in_bytes")"
  else
    say "$id" kills "$(value oom_kill "$files/memory.events")"
    say "$id" hits "$(value oom "$files/memory.events")"
    say "$id" peak "$(first "$files/memory.peak")"
    say "$id" limit "$(first "$files/memory.max")"
  fi
done
printf 'end\t1\n'
