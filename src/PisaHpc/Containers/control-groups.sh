# shellcheck shell=sh
# Prints what the control groups of containers that run say of limits and use: a line for each fact, its name and its value by a tab.
# $1 the root directory, empty on a node; then the containers' full ids. A group is found by the processes that are in it, since its path is
# the engine's own and its driver's, and each controller of version 1 has its own. ID.empty: no process is in a group of the container.
# ID.unmounted.CONTROLLER: one is, and the group's directory is in no hierarchy that is mounted there.

root=$1
shift
[ $# -gt 0 ] || { printf 'end\t1\n'; exit 0; }
ids=$(printf '%s\n' "$@")
seen=$(grep -h -F -e "$ids" "$root"/proc/[0-9]*/cgroup 2>/dev/null | sort -u)
# A line for each mount of a hierarchy (proc_pid_mountinfo(5)): its controllers between commas, or 0 for version 2; the group that is its
# root, / but where the node is a container itself; and where it is mounted.
mounts=$(while read -r _ _ _ part point rest; do
  rest=${rest#* - }
  case ${rest%% *} in
    cgroup2) printf '0 %s %s\n' "$part" "$point" ;;
    cgroup) printf ',%s, %s %s\n' "${rest##* }" "$part" "$point" ;;
  esac
done < "$root/proc/self/mountinfo")
# The first line of a file; nothing where it is not there.
first() { [ ! -e "$1" ] || head -n 1 "$1"; }
# The value beside a key.
value() { [ ! -e "$2" ] || sed -n "s/^$1 //p" "$2" | head -n 1; }
# The share of the last ten seconds in which some process waited (proc(5), psi.rst); a kernel without it has no such files.
pressure() { [ ! -e "$1" ] || sed -n 's/^some avg10=\([0-9.]*\) .*/\1/p' "$1" 2>/dev/null; }
say() { [ -z "$3" ] || printf '%s.%s\t%s\n' "$1" "$2" "$3"; }
# find_group ID CONTROLLER: sets version and group, the container's own directory in the controller's hierarchy. Else it sets unmounted
# where that is in none that is mounted, and to nothing where the kernel has the controller in no hierarchy.
find_group() {
  version=1 unmounted=''
  lines=$(printf '%s\n' "$seen" | grep -F "$1") || return 1
  line=$(printf '%s\n' "$lines" | grep -E "^[0-9]+:([^:]*,)?$2(,[^:]*)?:" | head -n 1)
  if [ -z "$line" ]; then
    version=2
    line=$(printf '%s\n' "$lines" | grep '^0::' | head -n 1)
  fi
  [ -n "$line" ] || return 1
  path=${line#*:*:}
  rest=${path#*"$1"}
  own=${path%"$rest"}${rest%%/*}
  while read -r controllers part point; do
    case $version$controllers in 20 | 1*,"$2",*) ;; *) continue ;; esac
    part=${part%/}
    group=$point${own#"$part"}
    case $own in "$part"/*) if [ -d "$root$group" ]; then return; fi ;; esac
  done <<END
$mounts
END
  unmounted=1
  return 1
}

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
