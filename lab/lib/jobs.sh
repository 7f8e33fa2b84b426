# shellcheck shell=bash
# Several nodes at once.

# An engine that starts among too many others gives up on its own containerd after 15 s.
JOBS_AT_ONCE=$((2 * $(nproc)))
readonly JOBS_AT_ONCE

# for_each_node FUNCTION NODE...: for some of them at a time; a failure ends the program after the others are done. Each job says itself
# that it failed, and with which command: one that ends by `set -e` has no words of its own.
# Not to be called in a condition: the shell would then go on after errors inside the function.
for_each_node() {
    local -r function=$1
    shift
    local node running=0 failures failed pids=()
    failures=$(mktemp)
    for node in "$@"; do
        if ((running == JOBS_AT_ONCE)); then
            wait -n || true
            running=$((running - 1))
        fi
        (
            set -o errtrace
            trap 'say "$node: $BASH_COMMAND ended with $?, in ${FUNCNAME[0]:-$function}"' ERR
            trap '(($? == 0)) || printf "%s\n" "$node" >>"$failures"' EXIT
            "$function" "$node"
        ) &
        pids+=($!)
        running=$((running + 1))
    done
    # What they came to stands in the file.
    ((${#pids[@]} == 0)) || wait "${pids[@]}" || true
    failed=$(sort "$failures" | xargs)
    rm -f "$failures"
    [[ -z $failed ]] || fail "$function failed on $failed: see above. The same command again takes up what is missing"
}
