#!/usr/bin/env bash
# What an admin does to see whether containers are as they were made: docker inspect on all nodes, by clush. The records are printed. Where
# MASTERS names a directory, ssh's masters stand there and serve later calls; "close" ends them.
# usage: compare-environment.sh inspect|close SSH_CONFIG CONTAINERS NODE...   (CONTAINERS in one word)
set -euo pipefail
verb=$1 config=$2 containers=$3
shift 3
ssh_options=(-F "$config" -o BatchMode=yes)
[[ -z ${MASTERS:-} ]] || ssh_options+=(-o ControlMaster=auto -o "ControlPath=$MASTERS/%h" -o ControlPersist=300)

case $verb in
    # clush has a meaning of its own for %.
    inspect) clush -S -q -f 32 -o "${ssh_options[*]//%/%%}" -w "$(IFS=, && echo "$*")" "docker inspect $containers" </dev/null ;;
    close) for node; do ssh "${ssh_options[@]}" -O exit "$node" 2>/dev/null || true; done ;;
esac
