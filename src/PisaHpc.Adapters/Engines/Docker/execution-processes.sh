# shellcheck shell=sh disable=SC2154 # session, born, mark and signal are set by the scripts that include this
# Defines end_execution: ends a command with all that is in its session or carries its mark. Says "ended", or what is left after five
# seconds.
# session: the command's session, 0 when nobody knows it; born: the time at which its first process started, since ids come again, 0 when
# nobody knows it; mark: a variable with its value; signal: the first signal.
# All of it is what a shell has built in, and it does not pause: where a container is full of processes no shell can fork, and a program
# may be missing, or another's.

# shellcheck disable=SC2086 # its fields
look() { read -r stat 2>/dev/null <"/proc/$1/stat" && set -- ${stat##*) } && state=$1 leader=$4 started=${20:-0}; }

# A shell reads over the NUL characters between the variables.
is_marked() {
    while read -r words || [ -n "$words" ]; do
        case $words in *"$mark"*) return 0 ;; esac
    done 2>/dev/null <"/proc/$1/environ"
    return 1
}

left() {
    processes='' known=$session
    if [ "$session" -eq 0 ] || { look "$session" && [ "$started" != "$born" ]; }; then known=none; fi
    for file in /proc/[0-9]*/stat; do
        process=${file#/proc/} process=${process%/stat}
        if look "$process" && [ "$state" != Z ] && [ "$started" -ge "$born" ] &&
            { [ "$leader" = "$known" ] || is_marked "$process"; }; then
            processes="$processes $process"
        fi
    done
    [ -n "$processes" ]
}

# Sets now, in hundredths of a second (proc_uptime(5)).
clock() {
    if read -r up rest 2>/dev/null </proc/uptime; then
        now=${up%.*}${up#*.} now=${now#0} now=${now#0}
    else
        now=$((now + 1))
    fi
}

end_execution() {
    clock
    killing=$((now + 100)) end=$((now + 500)) told='' kills=0
    # However long a look takes, nothing is given up before it is killed, nor what it has started since that look.
    while left && { [ "$kills" -lt 3 ] || [ "$now" -lt "$end" ]; }; do
        # shellcheck disable=SC2086 # several
        if [ -z "$told" ]; then
            told=yes && kill "-$signal" $processes
        elif [ "$now" -ge "$killing" ]; then
            kills=$((kills + 1)) && kill -KILL $processes
        fi 2>/dev/null
        clock
    done
    if [ -n "$processes" ]; then echo "left:$processes"; else echo ended; fi
}
