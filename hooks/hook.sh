# shellcheck shell=sh disable=SC2034,SC2154 # what the hooks, which read this, have and take
# What the hooks of all batch systems do alike: settings, the record of a job's run on a node, a program in a bounded time, taking a run
# off. To read this file starts no process and changes nothing. Its reader has: hooks, the directory; node, this node; record, the run's
# record; gid, the job's group; for_user, where a run is one user's alone; and call_hook, which becomes pisahpc-hook with the arguments
# that it gets, told of the job.
# A record is root's and can be read by the job's group alone: who may write it could name another node's job as his.

grace=5 turn='' environment='' work_file='' for_user=''
# What a start may take to take back what it started, after its own deadline.
take_back=20

# settings_of SYSTEM: reads what Install-HpcBatchHook wrote of the site definition; fails where it is not there, or not whole.
settings_of() {
    site='' run='' deadline='' queues='' aliases=''
    records=''
    [ -r "$hooks/$1-settings" ] || return 1
    while read -r name value; do
        case $name in
            site) site=$value ;;
            run) run=$value ;;
            deadline) deadline=$value ;;
            queues) queues=$value ;;
            aliases) aliases=$value ;;
        esac
    done <"$hooks/$1-settings"
    records=$run/.$1
    [ -n "$site" ] && [ -n "$run" ] && [ -n "$deadline" ]
}

# The programs of the node, by their own names and messages.
plain_variables() {
    PATH=/usr/sbin:/usr/bin:/sbin:/bin
    export PATH LC_ALL=C
}

# fail EXIT CODE NODE REASON: ends the job with a line in its user's own output.
fail() {
    printf 'pisahpc: %s on %s: %s\n' "$2" "$3" "$4" >&2
    exit "$1"
}

# Makes the directory of the records: its entries can be read by name and not be listed.
records_open() {
    umask 022
    { [ -d "$run" ] || mkdir -p "$run"; } && { [ -d "$records" ] || mkdir -m 711 "$records" || [ -d "$records" ]; } && [ ! -L "$records" ]
} >/dev/null 2>&1 </dev/null

# record_run STATE CODE EXIT REASON [clean]: puts the run's record in its place, whole. Clean is a start that took back all that it had
# started.
record_run() {
    (
        umask 077
        printf 'state %s\ncode %s\nexit %s\nnode %s\nstarter %s\ngid %s\nturn %s\nenvironment %s\nleft %s\nreason %s\n' \
            "$1" "$2" "$3" "$node" "$starter" "$gid" "$turn" "$environment" "${5-maybe}" "$4" >"$record.new" &&
            chgrp "$gid" "$record.new" && chmod 640 "$record.new" && mv -f "$record.new" "$record"
    ) >/dev/null 2>&1 </dev/null
}

# Sets state, code, ends, failed_node, starter, record_gid, record_turn, record_environment, left and reason to what the record says; to
# nothing where there is none.
read_record() {
    state='' code='' ends='' failed_node='' starter='' record_gid='' record_turn='' record_environment='' left='' reason=''
    while read -r name value; do
        case $name in
            state) state=$value ;;
            code) code=$value ;;
            exit) ends=$value ;;
            node) failed_node=$value ;;
            starter) starter=$value ;;
            gid) record_gid=$value ;;
            turn) record_turn=$value ;;
            environment) record_environment=$value ;;
            left) left=$value ;;
            reason) reason=$value ;;
        esac
    done <"$record"
} 2>/dev/null

# ticks_of PID: sets ticks to when a process began and process_state to its letter, the 22nd and third field of its stat (proc(5)); the
# second may have blanks and parentheses. Fails where there is none to read.
ticks_of() {
    ticks='' process_state='' stat=''
    IFS= read -r stat <"/proc/$1/stat" || return 1
    # shellcheck disable=SC2086 # fields
    set -- ${stat##*) }
    [ $# -ge 20 ] || return 1
    process_state=$1
    shift 19
    ticks=$1
} 2>/dev/null

# alive PID TICKS: fails where the process is no more: where /proc has none of its id, or one that began at another time. An id alone says
# nothing: the kernel gives it to another one.
alive() (
    case $1-$2 in *[!0-9-]* | -* | *--* | *-) exit 1 ;; esac
    if ticks_of "$1"; then
        [ "$ticks" = "$2" ]
    else
        [ -d "/proc/$1" ]
    fi
)

# signal_process SIGNAL PID TICKS: only to that process.
signal_process() {
    if alive "$2" "$3"; then kill "-$1" "$2" 2>/dev/null; fi
}

# bounded SECONDS PROGRAM ARGUMENT...: sets status to the program's exit code, or to the word late for one that did not end in time and was
# killed. Nothing of it holds the hook's pipe, and a program that not even KILL ends is not waited for. Its process id and start are in
# work_file, where that names one. The program alone keeps the descriptors 8 and 9, which are locks'.
bounded() {
    limit=$1 status=''
    shift
    # No trap yet: one that is begun here would have it until the shell in it has come so far, and a TERM that comes before is lost.
    "$@" >/dev/null 2>&1 </dev/null &
    work=$!
    ticks_of "$work"
    work_ticks=$ticks
    [ -z "$work_file" ] || printf '%s %s\n' "$work" "$work_ticks" >"$work_file"
    (
        trap 'kill "$timer" 2>/dev/null; exit 1' TERM
        sleep "$limit" &
        timer=$!
        wait "$timer" && trap '' TERM && alive "$work" "$work_ticks" && kill -KILL "$work" && kill -USR1 "$$"
    ) >/dev/null 2>&1 </dev/null 8>&- 9>&- &
    watch=$!
    trap 'status=late' USR1
    trap 'kill -TERM "$work" 2>/dev/null' HUP INT TERM
    while :; do
        wait "$work"
        code=$?
        if [ "$status" = late ]; then break; fi
        # A signal to this shell ends a wait, too: the program goes on then.
        if [ "$code" -le 128 ] || ! kill -0 "$work" 2>/dev/null; then
            status=$code
            break
        fi
    done
    kill -TERM "$watch" 2>/dev/null
    # A program that was killed may be known for dead before who killed it has said so.
    if wait "$watch" 2>/dev/null; then status=late; fi
    trap - USR1 HUP INT TERM
}

# end_process FILE: ends the process whose id and start are in a file: by TERM, after which a start takes back what it has started, and by
# KILL when that takes too long.
end_process() {
    work='' work_ticks=''
    if [ -r "$1" ]; then read -r work work_ticks _ <"$1"; fi
    signal_process TERM "$work" "$work_ticks"
    patience=$((take_back * 5))
    while [ "$patience" -gt 0 ]; do
        alive "$work" "$work_ticks" || return 0
        # One that has ended and that nobody has asked how.
        if ticks_of "$work" && [ "$process_state" = Z ]; then return 0; fi
        patience=$((patience - 1))
        sleep 0.2
    done
    signal_process KILL "$work" "$work_ticks"
}

# start_run: starts the job from this node, on all of its nodes or on none, and writes down what came of it; after what an earlier run of it
# left was taken off, where earlier is not empty. Before anything is started the record says so: who takes the run off finds by it what has
# to be taken away, also when this is killed. Fails where the record cannot be written: nothing is started then.
start_run() {
    record_run starting '' '' '' || return 1
    why=$record.why
    [ ! -e "$why" ] || rm -f "$why"
    if [ -n "$earlier" ]; then
        clearing=$((deadline / 3 + 1))
        deadline=$((deadline - clearing))
        bounded "$clearing" call_hook stop -Site "$site" -GraceSec 0 -DeadlineSec "$clearing" ${for_user:+-Owner "$for_user"}
        if [ "$status" != 0 ]; then
            record_run failed earlier-run-left 75 "an earlier run of the job could not be taken off its nodes ($status)"
            return
        fi
    fi
    set -- start -Site "$site" -DeadlineSec "$deadline" -ReasonFile "$why"
    [ -z "$environment" ] || set -- "$@" -Environment "$environment"
    [ -z "$for_user" ] || set -- "$@" -Owner "$for_user"
    if [ -d "$run/.traces" ]; then set -- "$@" -TraceFile "$run/.traces/${record##*/}-start.json"; fi
    bounded "$((deadline + take_back))" call_hook "$@"
    code=hook-failed reason="pisahpc-hook ended with $status"
    if [ -s "$why" ]; then
        read -r code failed reason <"$why"
        [ "$failed" = - ] || node=$failed
    fi
    [ ! -e "$why" ] || rm -f "$why"
    case $status in
        0) record_run started '' '' '' ;;
        late) record_run failed too-slow 75 "the start did not end within $((deadline + take_back)) s" ;;
        75 | 129 | 130 | 143) record_run failed "$code" 75 "$reason" clean ;;
        126 | 127) record_run failed hook-missing 75 "$hooks/pisahpc-hook cannot be run here" ;;
        137) record_run failed hook-killed 75 'pisahpc-hook was killed' ;;
        64 | 78) record_run failed "$code" 78 "$reason" clean ;;
        *) record_run failed "$code" 78 "$reason" ;;
    esac
}

# take_off OPTION...: takes the run of the record off: the node that started the job takes it off all nodes, with the options; another one
# what is still on itself, since the first may be dead, and so does one that is told to (reach). Sets status; 0 is done. Meanwhile the
# record says that the run is left, for a hook that is killed.
take_off() {
    status=0
    read_record
    gid=${record_gid:-0} turn=$record_turn environment=$record_environment
    [ "$left" = clean ] && return
    ticks_of "$$"
    record_run left stop-killed 75 "pisahpc-hook stop was killed with the hook $$ $ticks"
    # A job that ends while it is being started is the start's until that one's deadline, and until all is taken back: this waits as long.
    if [ "$starter" = "$node" ] && [ "$reach" = all ]; then
        set -- stop -Site "$site" -GraceSec "$grace" -DeadlineSec "$((deadline + take_back - 5))" "$@"
    else
        set -- stop -Site "$site" -GraceSec "$grace" -DeadlineSec "$((deadline + take_back - 5))" -Here "$node"
    fi
    [ -z "$for_user" ] || set -- "$@" -Owner "$for_user"
    if [ -d "$run/.traces" ]; then set -- "$@" -TraceFile "$run/.traces/${record##*/}-stop.json"; fi
    bounded "$((deadline + take_back))" call_hook "$@"
    if [ "$status" != 0 ] && same_run; then record_run left stop-failed 75 "pisahpc-hook stop: $status"; fi
}

# Fails where the record is no longer that of the run that take_off has read: a newer run has put its own there.
same_run() (
    read_record
    [ "$record_turn" = "$turn" ]
)

# take_off_another: takes off one more run, which an earlier hook could not take off, as while the engine was down. Its reader has
# other_run, by which call_hook tells of the run that it is given, and forget, which removes that run's record.
take_off_another() {
    set +f
    for record in "$records"/*.*[0-9]; do
        entry=${record##*/}
        case $entry in *[!0-9.]*) continue ;; esac
        read_record
        [ "$state" = left ] || continue
        # The hook that writes this first is still at it.
        stopping=${reason##*hook }
        if [ "$code" = stop-killed ] && alive "${stopping% *}" "${stopping#* }"; then continue; fi
        other_run "${entry%.*}" "${entry##*.}"
        reach=here
        take_off
        [ "$status" != 0 ] || forget
        return
    done
}

# time_left BEGUN: gives what is left of this hook's time to one more stop; fails where that is too little.
time_left() {
    rest=$((deadline + take_back - $(date +%s) + $1))
    [ "$rest" -ge 15 ] || return
    deadline=$((rest - 5)) take_back=5
}

# directory_of JOB: sets directory to that of a job on this node: its own in the run directory, or where it is placed into a static
# environment's container. Both are made by root, in directories of root's.
directory_of() {
    directory=$run/$1
    for name in $(cd "$run/.static" 2>/dev/null && ls); do
        if [ -d "$run/.static/$name/$1" ]; then directory=$run/.static/$name/$1; fi
    done
}

# carry_authority DIRECTORY: gives the job's directory a copy of the key to the user's display (Xsecurity(7)), which may lie in a directory
# of the node's own, and names the copy.
carry_authority() {
    if [ -z "${DISPLAY-}" ] || [ ! -r "${XAUTHORITY-}" ]; then return; fi
    (umask 077 && cat <"$XAUTHORITY" >"$1/Xauthority.$$" && mv -f "$1/Xauthority.$$" "$1/Xauthority") || return
    export XAUTHORITY="$1/Xauthority"
}

# launch_by_ssh DIRECTORY: has an mpirun in the container start its daemons by the ssh of the job whose directory it is, where its user does
# not say how. Below a batch system Open MPI, PRRTE, Hydra and Intel MPI take that one's own starter, which a container has not; and the
# user's own ssh_config, which would come first, is not for the nodes of a job.
launch_by_ssh() {
    export OMPI_MCA_plm="${OMPI_MCA_plm-rsh}" OMPI_MCA_plm_rsh_args="${OMPI_MCA_plm_rsh_args--F $1/ssh_config}"
    export PRTE_MCA_plm="${PRTE_MCA_plm-ssh}" PRTE_MCA_plm_ssh_args="${PRTE_MCA_plm_ssh_args--F $1/ssh_config}"
    export HYDRA_LAUNCHER="${HYDRA_LAUNCHER-ssh}" HYDRA_LAUNCHER_EXTRA_ARGS="${HYDRA_LAUNCHER_EXTRA_ARGS--F$1/ssh_config}"
    # MPICH before 4.0 knows this name.
    export HYDRA_LAUNCH_EXTRA_ARGS="${HYDRA_LAUNCH_EXTRA_ARGS-$HYDRA_LAUNCHER_EXTRA_ARGS}"
    export I_MPI_HYDRA_BOOTSTRAP="${I_MPI_HYDRA_BOOTSTRAP-ssh}"
    export I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS="${I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS--F$1/ssh_config}"
}

# interpreter_of LINE: sets interpreter and argument by the kernel's rules for a first line (execve(2)): all that follows the interpreter is
# one argument. Without such a line it is sh.
interpreter_of() {
    interpreter=/bin/sh argument='' own=$1
    case $own in
        '#!'*)
            own=${own#??}
            own=${own#"${own%%[! 	]*}"}
            own=${own%"${own##*[! 	]}"}
            interpreter=${own%%[ 	]*}
            argument=${own#"$interpreter"}
            argument=${argument#"${argument%%[! 	]*}"}
            ;;
    esac
}
