# shellcheck shell=sh disable=SC2034,SC2154 # what the prolog and the epilog, which read this, have and take
# What prolog and epilog do once there is something to do: the run's record, and a program in a bounded time.
# A record is root's and can be read by the job's group alone: who may write it could name another node's job as his.

PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C
records=$run/.slurm
grace=5
# What a start may take to take back what it started, after its own deadline.
take_back=20

# Makes the directory of the records: its entries can be read by name and not be listed.
records_open() {
    umask 022
    mkdir -p "$run" && { [ -d "$records" ] || mkdir -m 711 "$records" || [ -d "$records" ]; } && [ ! -L "$records" ]
} >/dev/null 2>&1 </dev/null

# starter_of LIST: sets starter to the first name of a host list.
starter_of() {
    starter='' list=$1
    while [ -n "$list" ]; do
        plain=${list%%[[,]*}
        starter=$starter$plain
        list=${list#"$plain"}
        case $list in
            '['*)
                group=${list#?}
                group=${group%%]*}
                starter=$starter${group%%[,-]*}
                list=${list#*]}
                ;;
            *) break ;;
        esac
    done
}

# record STATE CODE EXIT REASON [clean]: puts the run's record in its place, whole. Clean is a start that took back all that it had started.
record() {
    (
        umask 077
        printf 'state %s\ncode %s\nexit %s\nnode %s\nstarter %s\ngid %s\nenvironment %s\nleft %s\nreason %s\n' \
            "$1" "$2" "$3" "$node" "$starter" "$gid" "${environment-}" "${5-maybe}" "$4" >"$records/$job.$restart.new" &&
            chgrp "$gid" "$records/$job.$restart.new" && chmod 640 "$records/$job.$restart.new" &&
            mv -f "$records/$job.$restart.new" "$records/$job.$restart"
    ) >/dev/null 2>&1 </dev/null
}

# bounded SECONDS PROGRAM ARGUMENT...: sets status to the program's exit code, or to the word late for one that did not end in time and was
# killed. Nothing of it holds the hook's pipe, and a program that not even KILL ends is not waited for.
bounded() {
    limit=$1 status=''
    shift
    trap 'status=late' USR1
    trap 'kill -TERM "$work" 2>/dev/null' HUP INT TERM
    "$@" >/dev/null 2>&1 </dev/null &
    work=$!
    (
        trap 'kill "$timer" 2>/dev/null; exit' TERM
        sleep "$limit" &
        timer=$!
        wait "$timer" && kill -KILL "$work" && kill -USR1 "$$"
    ) >/dev/null 2>&1 </dev/null &
    watch=$!
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
    wait "$watch" 2>/dev/null
    trap - USR1 HUP INT TERM
}
