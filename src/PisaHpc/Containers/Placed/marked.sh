# shellcheck shell=sh disable=SC2034,SC2154 # who includes this has container and mark, and takes count, processes and now
# A job's processes in a container: those in a control group of the container's, as the node sees it, that have the job's mark among their
# groups. Both are the kernel's word (proc_pid_status(5), proc_pid_cgroup(5)); what a process says of itself is not read.

. Nodes/clock.sh
# name_carriers: prints the status files, of those that standard input names, of processes that carry the mark. By xargs, since a node may
# have more processes than one command takes words. A line that is no path says that they could not be read.
name_carriers() {
    code=0
    xargs grep -lsE "^Groups:(.*[[:space:]])?$mark([[:space:]]|\$)" || code=$?
    # xargs(1): 123 where grep found none, or a process ended meanwhile.
    case $code in 0 | 123) ;; *) echo "unread" ;; esac
}
# is_marked: whether the process whose directory in /proc is the working directory is one, and has not ended. The directory stays that
# process's, and is empty when it has ended, whoever gets its id. Fails with 2 where it is gone.
is_marked() {
    state=Z carried='' threads=1
    while read -r key rest; do
        case $key in
            State:) state=$rest ;;
            Threads:) threads=$rest ;;
            Groups:) case " $rest " in *" $mark "*) carried=yes ;; esac ;;
        esac
    done <status
    [ -n "$carried" ] || return 2
    # Where the first thread has ended, others may go on; a kernel may count it to no group any more.
    case $state in [ZX]*) [ "$threads" -gt 1 ] || return 1 ;; esac
    for groups in cgroup task/[0-9]*/cgroup; do
        while read -r line; do
            case $line in *"$container"*) return 0 ;; esac
        done <"$groups"
        case $state in [ZX]*) ;; *) return 1 ;; esac
    done
    return 1
} 2>/dev/null
# look_for_marked [SIGNAL]: sets processes to their ids, and sends each the signal. Sets count to how many they are, with those that were
# gone when they were looked at: one that had just begun another leaves nothing else to be seen.
look_for_marked() {
    count=0 processes=''
    for found in $(printf '%s\n' /proc/[0-9]*/status | name_carriers); do
        [ "$found" != unread ] || { count=$((count + 1)) processes="$processes (unread)"; continue; }
        code=2
        if cd "${found%/status}" 2>/dev/null; then
            code=0
            is_marked || code=$?
        fi
        [ "$code" != 1 ] || continue
        count=$((count + 1))
        [ "$code" = 0 ] || continue
        found=${found%/status}
        found=${found#/proc/}
        [ -z "${1-}" ] || kill -s "$1" "$found" 2>/dev/null || :
        processes="$processes $found"
    done
    cd /
}
# some_marked: whether there is one.
some_marked() {
    for found in $(printf '%s\n' /proc/[0-9]*/status | name_carriers); do
        [ "$found" != unread ] || return 0
        cd "${found%/status}" 2>/dev/null || continue
        if is_marked; then cd /; return 0; fi
    done
    cd /
    return 1
}
# ticks_of PID: prints when it began, the 22nd field of its stat (proc_pid_stat(5)); the second may have anything in it.
ticks_of() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # shellcheck disable=SC2086 # fields
    set -- ${stat##*) }
    [ $# -ge 20 ] || return 1
    shift 19
    echo "$1"
}
