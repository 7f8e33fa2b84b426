# shellcheck shell=bash
# Messages: what is being done goes to stderr, so that stdout carries only what was asked for.

say() {
    printf 'lab: %s\n' "$*" >&2
}

# Ends the program. The message names the thing, the reason and the next step.
fail() {
    printf 'lab: error: %s\n' "$*" >&2
    exit 1
}

# Runs the condition until it holds: wait_until SECONDS WHAT COMMAND...
wait_until() {
    local -r seconds=$1 what=$2
    shift 2
    local -r deadline=$((${EPOCHREALTIME/./} + seconds * 1000000))
    until "$@"; do
        if ((${EPOCHREALTIME/./} > deadline)); then
            say "timed out after $seconds s: $what"
            return 1
        fi
        sleep 0.02
    done
}
