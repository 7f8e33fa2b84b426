# shellcheck shell=sh disable=SC2154 # session, born, mark and signal are set by the scripts that include this
# Defines end_execution: ends a command with all that is in its session or carries its mark. Says "ended", or what is left after some
# seconds.
# session: the command's session, 0 when nobody knows it; born: the time at which its first process started, since ids come again; mark: a
# variable with its value; signal: the first signal.

# shellcheck disable=SC2086 # its fields
look() { read -r stat 2>/dev/null <"/proc/$1/stat" && set -- ${stat##*) } && state=$1 leader=$4 started=${20}; }

in_session() {
    [ "$session" -gt 0 ] || return
    if look "$session" && [ "$started" != "$born" ]; then return; fi
    for file in /proc/[0-9]*/stat; do
        process=${file#/proc/} process=${process%/stat}
        if look "$process" && [ "$leader" = "$session" ] && [ "$state" != Z ]; then echo "$process"; fi
    done
}

marked() {
    # shellcheck disable=SC2013 # such names hold no blanks
    for file in $(grep -lszxF "$mark" /proc/[0-9]*/environ); do
        process=${file#/proc/}
        echo "${process%/environ}"
    done
}

left() { processes=$(in_session; marked); [ -n "$processes" ]; }

pause() { sleep 0.1 2>/dev/null || sleep 1; }

end_execution() {
    round=0
    while left && [ $round -lt 50 ]; do
        # shellcheck disable=SC2086 # several
        if [ $round -eq 0 ]; then kill "-$signal" $processes; elif [ $round -ge 10 ]; then kill -KILL $processes; fi 2>/dev/null
        round=$((round + 1))
        pause
    done
    # shellcheck disable=SC2086 # on one line
    if left; then echo "left: "$processes; else echo ended; fi
}
