# shellcheck shell=sh
# Prints what the control groups of containers that run say of limits and use: a line for each fact, its name and its value by a tab.
# $1 the root directory, empty on a node; then the containers' full ids. ID.empty: no process is in a group of the container.
# ID.unmounted.CONTROLLER: one is, and the group's directory is in no hierarchy that is mounted there.

. Containers/find-group.sh
root=$1
shift
[ $# -gt 0 ] || { printf 'end\t1\n'; exit 0; }
know_groups "$@"
# The first line of a file; nothing where it is not there.
first() { [ ! -e "$1" ] || head -n 1 "$1"; }
# The value beside a key.
value() { [ ! -e "$2" ] || sed -n "s/^$1 //p" "$2" | head -n 1; }
# The share of the last ten seconds in which some process waited (proc(5), psi.rst); a kernel without it has no such files.
pressure() { [ ! -e "$1" ] || sed -n 's/^some avg10=\([0-9.]*\) .*/\1/p' "$1" 2>/dev/null; }
say() { [ -z "$3" ] || printf '%s.%s\t%s\n' "$1" "$2" "$3"; }
for id in "$@"; do
  printf '%s\n' "$seen" | grep -qF "$id" || printf '%s.empty\t1\n' "$id"
  if find_group "$id" memory; then
    files=$root$group
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
  else
    say "$id" unmounted.memory "$unmounted"
  fi
  if find_group "$id" cpu; then
    # The first that is said of a fact counts: this one where the kernel has no memory controller.
    say "$id" cgroup "$group"
    if [ "$version" = 1 ]; then
      say "$id" quota "$(first "$root$group/cpu.cfs_quota_us")"
      say "$id" period "$(first "$root$group/cpu.cfs_period_us")"
    else
      quota=$(first "$root$group/cpu.max")
      say "$id" quota "${quota% *}"
      say "$id" period "${quota#* }"
      say "$id" microseconds "$(value usage_usec "$root$group/cpu.stat")"
      for resource in cpu memory io; do
        say "$id" "$resource-pressure" "$(pressure "$root$group/$resource.pressure")"
      done
    fi
  else
    say "$id" unmounted.cpu "$unmounted"
  fi
  if find_group "$id" cpuacct && [ "$version" = 1 ]; then
    say "$id" nanoseconds "$(first "$root$group/cpuacct.usage")"
  fi
done
printf 'end\t1\n'
