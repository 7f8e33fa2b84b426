#!/usr/bin/env bash
# What an admin does to see whether containers are as they were made: docker inspect on all nodes, by clush or, where that is missing, by
# ssh side by side. Arguments: ssh's configuration, the containers' names in one word, the nodes. The records are printed.
set -euo pipefail
config=$1 containers=$2
shift 2

if command -v clush >/dev/null; then
    exec clush -q -f 32 -o "-F $config" -w "$(IFS=,; echo "$*")" "docker inspect $containers"
fi
pids=()
for node; do
    ssh -F "$config" "$node" "docker inspect $containers" &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid"
done
