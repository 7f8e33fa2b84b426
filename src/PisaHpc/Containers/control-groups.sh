# shellcheck shell=sh
# Prints what the control groups of containers that run say of limits and use: a line for each fact, its name and its value by a tab.
# $1 the root directory, empty on a node; then the containers' full ids. ID.empty: no process is in a group of the container.
# ID.unmounted.CONTROLLER: one is, and the group's directory is in no hierarchy that is mounted there.

. Containers/find-group.sh
root=$1
shift
[ $# -gt 0 ] || { printf 'end\t1\n'; exit 0; }
know_groups "$@"
# Each sets fact to nothing where the file is not there; no process is started for it.
# The first line of a file.
first() { fact=''; [ ! -e "$1" ] || IFS= read -r fact <"$1" || :; }
# The value beside a key.
value() {
  fact=''
  [ -e "$2" ] || return 0
  while read -r key rest; do if [ "$key" = "$1" ]; then fact=$rest && return; fi; done <"$2"
}
# The share of the last ten seconds in which some process waited (proc(5), psi.rst); a kernel without it has no such files, and one where
# it is off refuses to read them.
pressure() {
  fact=''
  [ -e "$1" ] || return 0
  while read -r key rest; do
    case $key-$rest in some-avg10=*) rest=${rest#avg10=} && fact=${rest%% *} && return ;; esac
  done 2>/dev/null <"$1"
}
say() { [ -z "$3" ] || printf '%s.%s\t%s\n' "$1" "$2" "$3"; }
for id in "$@"; do
  case $seen in *"$id"*) ;; *) printf '%s.empty\t1\n' "$id" ;; esac
  if find_group "$id" memory; then
    files=$root$group
    say "$id" cgroup "$group"
    if [ "$version" = 1 ]; then
      value oom_kill "$files/memory.oom_control" && say "$id" kills "$fact"
      first "$files/memory.failcnt" && say "$id" hits "$fact"
      first "$files/memory.max_usage_in_bytes" && say "$id" peak "$fact"
      first "$files/memory.limit_in_bytes" && say "$id" limit "$fact"
    else
      value oom_kill "$files/memory.events" && say "$id" kills "$fact"
      value oom "$files/memory.events" && say "$id" hits "$fact"
      first "$files/memory.peak" && say "$id" peak "$fact"
      first "$files/memory.max" && say "$id" limit "$fact"
    fi
  else
    say "$id" unmounted.memory "$unmounted"
  fi
  if find_group "$id" cpu; then
    # The first that is said of a fact counts: this one where the kernel has no memory controller.
    say "$id" cgroup "$group"
    if [ "$version" = 1 ]; then
      first "$root$group/cpu.cfs_quota_us" && say "$id" quota "$fact"
      first "$root$group/cpu.cfs_period_us" && say "$id" period "$fact"
    else
      first "$root$group/cpu.max"
      say "$id" quota "${fact% *}"
      say "$id" period "${fact#* }"
      value usage_usec "$root$group/cpu.stat" && say "$id" microseconds "$fact"
      for resource in cpu memory io; do
        pressure "$root$group/$resource.pressure" && say "$id" "$resource-pressure" "$fact"
      done
    fi
  else
    say "$id" unmounted.cpu "$unmounted"
  fi
  if find_group "$id" cpuacct && [ "$version" = 1 ]; then
    first "$root$group/cpuacct.usage" && say "$id" nanoseconds "$fact"
  fi
done
printf 'end\t1\n'
