# shellcheck shell=bash
# Several nodes at once.

# An engine that starts among too many others gives up on its own containerd after 15 s.
JOBS_AT_ONCE=$((2 * $(nproc)))
readonly JOBS_AT_ONCE

# for_each_node FUNCTION NODE...: for some of them at a time; a failure ends the program after the others are done.
# Not to be called in a condition: the shell would then go on after errors inside the function.
for_each_node() {
    local -r function=$1
    shift
    local node running=0 failed=0
    for node in "$@"; do
        if ((running == JOBS_AT_ONCE)); then
            wait -n || failed=1
            running=$((running - 1))
        fi
        "$function" "$node" &
        running=$((running + 1))
    done
    for ((; running > 0; running--)); do
        wait -n || failed=1
    done
    ((failed == 0)) || fail "$function failed on at least one node: see above. The same command again takes up what is missing"
}
