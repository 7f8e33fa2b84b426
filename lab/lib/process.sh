# shellcheck shell=bash
# A process is recorded with its start time and the machine's boot id, so that a recycled pid is never taken for it.

# Start time of a live process in clock ticks, in REPLY; fails when there is none (a zombie is not alive).
process_start_time() {
    local stat fields
    { read -r stat </proc/"$1"/stat; } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != [ZX] ]] || return 1
    REPLY=${fields[19]}
}

# process_record FILE PID
process_record() {
    process_start_time "$2" || return 1
    printf '%s %s %s\n' "$2" "$REPLY" "$(</proc/sys/kernel/random/boot_id)" >"$1"
}

# Whether the recorded process still runs; its pid is in REPLY.
process_alive() {
    local pid start boot
    [[ -s $1 ]] || return 1
    read -r pid start boot <"$1" || return 1
    [[ $boot == "$(</proc/sys/kernel/random/boot_id)" ]] || return 1
    process_start_time "$pid" && [[ $REPLY == "$start" ]] || return 1
    REPLY=$pid
}

process_gone() {
    ! process_alive "$1"
}

# Ends the recorded process: process_end FILE SECONDS. SIGTERM first, and SIGKILL when the seconds are over.
process_end() {
    local -r file=$1 seconds=$2
    if process_alive "$file"; then
        kill -TERM "$REPLY" 2>/dev/null || process_gone "$file"
        if ! wait_until "$seconds" "the end of process $REPLY ($file)" process_gone "$file"; then
            process_kill "$file"
        fi
    fi
    rm -f "$file"
}

# process_kill FILE: SIGKILL, and wait until it is gone.
process_kill() {
    if process_alive "$1"; then
        kill -KILL "$REPLY" 2>/dev/null || process_gone "$1"
        wait_until 20 "the end of process $REPLY ($1)" process_gone "$1"
    fi
    rm -f "$1"
}

# To be called in the subshell that becomes a daemon: it lets go of every descriptor but the three standard ones, or it would
# hold its caller's locks and pipes for as long as it lives.
process_close_descriptors() {
    local descriptor
    for descriptor in /proc/self/fd/*; do
        descriptor=${descriptor##*/}
        if ((descriptor > 2)); then
            exec {descriptor}>&-
        fi
    done
}
