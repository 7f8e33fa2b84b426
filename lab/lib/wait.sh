# shellcheck shell=bash
# Waiting for a condition, never for a time.

# A pipe that nothing is written to: `read -t` on it is a pause without a process.
exec {WAIT_PIPE}<> <(:)
readonly WAIT_PIPE

# wait_until SECONDS WHAT CONDITION...: fails when the seconds are over first.
wait_until() {
    local -r seconds=$1 what=$2
    shift 2
    local -r deadline=$((${EPOCHREALTIME/./} + seconds * 1000000))
    until "$@"; do
        if ((${EPOCHREALTIME/./} > deadline)); then
            say "timed out after $seconds s: $what"
            return 1
        fi
        read -rt 0.02 -u "$WAIT_PIPE" || true
    done
}
