# shellcheck shell=sh
# Tells the jobs of which LSF has processes on this node, by the control groups that it puts them in (lsf.conf(5), LSF_PROCESS_TRACKING and
# LSF_LINUX_CGROUP_ACCT, both Y since the installation): lsf/CLUSTER/job.ID.PID.TIME at the root of a hierarchy, of version 1 or 2, where
# root alone can make one. A group that nothing runs in says nothing: it may have been left.

while read -r _ mount kind _; do
    case $kind in cgroup | cgroup2) ;; *) continue ;; esac
    for group in "$mount"/lsf/*/job.[1-9]*; do
        [ -d "$group" ] || continue
        job=${group##*/job.}
        job=${job%%.*}
        number=${job%%\[*} index=0
        case $job in *\[*\]) index=${job#*\[} index=${index%\]} ;; esac
        case $number-$index in *[!0-9-]* | *- | *-*-*) continue ;; esac
        # No job's number is longer: another name is of no form that is known.
        [ "${#number}" -le 10 ] || continue
        # In version 2 processes of groups below count, and in version 1 they are looked for.
        grep -qsx 'populated 1' "$group/cgroup.events" \
            || cat "$group/cgroup.procs" "$group"/*/cgroup.procs 2>/dev/null | grep -q . || continue
        printf 'running.%s\t1\n' "$job"
    done
done </proc/mounts
printf 'end\t1\n'
