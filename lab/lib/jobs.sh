# shellcheck shell=bash
# Several nodes at once.

# Waits for all these processes, and fails when one of them failed.
jobs_wait() {
    local pid failed=0
    for pid in "$@"; do
        wait "$pid" || failed=1
    done
    return "$failed"
}

# for_each_node FUNCTION NODE...: at once for all of them; a failure ends the program after the others are done.
# Not to be called in a condition: the shell would then go on after errors inside the function.
for_each_node() {
    local -r function=$1
    shift
    local node jobs=()
    for node in "$@"; do
        "$function" "$node" &
        jobs+=($!)
    done
    jobs_wait "${jobs[@]}" || fail "$function failed on at least one node: see above. The same command again takes up what is missing"
}
