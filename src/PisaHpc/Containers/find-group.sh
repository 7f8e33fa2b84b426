# shellcheck shell=sh disable=SC2034,SC2154 # who includes this has root, empty on a node, and takes group, version and unmounted
# Where a container's control groups are. A group is found by the processes that are in it, since its path is the engine's own and its
# driver's, and each controller of version 1 has its own.

# know_groups ID...: reads in which groups processes of these containers are, and what is mounted: a line for each mount of a hierarchy
# (proc_pid_mountinfo(5)), its controllers between commas, or 0 for version 2; the group that is its root, / but where the node is a
# container itself; and where it is mounted. By xargs, since a node may have more processes than one command takes words.
know_groups() {
  seen=$(printf '%s\n' "$root"/proc/[0-9]*/cgroup | xargs grep -hsF -e "$(printf '%s\n' "$@")" | sort -u)
  mounts=$(while read -r _ _ _ part point rest; do
    rest=${rest#* - }
    case ${rest%% *} in
      cgroup2) printf '0 %s %s\n' "$part" "$point" ;;
      cgroup) printf ',%s, %s %s\n' "${rest##* }" "$part" "$point" ;;
    esac
  done < "$root/proc/self/mountinfo")
}
# find_group ID CONTROLLER: sets version and group, the container's own directory in the controller's hierarchy. Else it sets unmounted
# where that is in none that is mounted, and to nothing where the kernel has the controller in no hierarchy.
find_group() {
  version=1 unmounted='' line='' unified=''
  while IFS= read -r seen_line; do
    case $seen_line in *"$1"*) ;; *) continue ;; esac
    controllers=${seen_line#*:}
    case ,${controllers%%:*}, in *,"$2",*) line=$seen_line && break ;; esac
    case $seen_line in 0::*) unified=${unified:-$seen_line} ;; esac
  done <<END
$seen
END
  if [ -z "$line" ]; then version=2 line=$unified; fi
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
