# shellcheck shell=sh disable=SC2034,SC2154 # who includes this has container and mark, and takes count, processes and oldest
# A job's processes in a container: those in a control group of the container's, as the node sees it, that have the job's mark among their
# groups. Both are the kernel's word (proc_pid_status(5), proc_pid_cgroup(5)); what a process says of itself is not read.

# is_marked: whether the process whose directory in /proc is the working directory is one, and has not ended. The directory stays that
# process's, and is empty when it has ended, whoever gets its id.
is_marked() {
    state=Z carried='' threads=1
    while read -r key rest; do
        case $key in
            State:) state=$rest ;;
            Threads:) threads=$rest ;;
            Groups:) case " $rest " in *" $mark "*) carried=yes ;; esac ;;
        esac
    done <status
    [ -n "$carried" ] || return 1
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
# look_for_marked [SIGNAL]: sets processes to their ids and count to how many they are; and sends each the signal.
look_for_marked() {
    count=0 processes=''
    # shellcheck disable=SC2013 # paths without blanks
    for found in $(grep -lsE "^Groups:(.*[[:space:]])?$mark([[:space:]]|\$)" /proc/[0-9]*/status); do
        cd "${found%/status}" 2>/dev/null || continue
        is_marked || continue
        found=${found%/status}
        found=${found#/proc/}
        [ -z "${1-}" ] || kill -s "$1" "$found" 2>/dev/null || :
        count=$((count + 1)) processes="$processes $found"
    done
    cd /
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
