# shellcheck shell=sh
# Tells the jobs of which LSF has processes on this node, by the control groups that it puts them in (lsf.conf(5), LSF_PROCESS_TRACKING and
# LSF_LINUX_CGROUP_ACCT, both Y since the installation): lsf/CLUSTER/job.ID.PID.TIME at the root of a hierarchy, of version 1 or 2, where
# root alone can make one. A group that nothing runs in says nothing: it may have been left.
# running.CLUSTER/ID where a process is in it, and server.CLUSTER/ID where one of LSF's own is: res or sbatchd, root's by all four of its
# ids, which no user's program is. Any other process may be one that the job's user has left.

has_server() {
    for process in $1; do
        grep -qsx "$(printf 'Uid:\t0\t0\t0\t0')" "/proc/$process/status" || continue
        program=$(readlink "/proc/$process/exe") || continue
        program=${program##*/}
        case ${program%' (deleted)'} in res | sbatchd) return 0 ;; esac
    done
    return 1
}

while read -r _ mount kind _; do
    case $kind in cgroup | cgroup2) ;; *) continue ;; esac
    for group in "$mount"/lsf/*/job.[1-9]*; do
        [ -d "$group" ] || continue
        job=${group##*/job.}
        job=${job%%.*}
        cluster=${group%/*}
        cluster=${cluster##*/}
        number=${job%%\[*} index=0
        case $job in *\[*\]) index=${job#*\[} index=${index%\]} ;; esac
        case $number-$index in *[!0-9-]* | *- | *-*-*) continue ;; esac
        # No job's number is longer: another name is of no form that is known.
        [ "${#number}" -le 10 ] || continue
        # Processes of groups below count.
        processes=$(find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null)
        [ -n "$processes" ] || grep -qsx 'populated 1' "$group/cgroup.events" || continue
        printf 'running.%s/%s\t1\n' "$cluster" "$job"
        if has_server "$processes"; then printf 'server.%s/%s\t1\n' "$cluster" "$job"; fi
    done
done </proc/mounts
printf 'end\t1\n'
