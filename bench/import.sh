#!/usr/bin/env bash
# What an admin does today to make an image of a tree; and what both sides of the measurement need: the tree, and an engine without
# the image.
# usage: import.sh local SOCKET TREE NAME | ssh CONFIG NODE TREE NAME | tree SOCKET IMAGE TREE COPIES | forget SOCKET NAME
set -euo pipefail
export LC_ALL=C

case $1 in
    local) tar -C "$3" -c . | docker -H "unix://$2" import - "$4" ;;
    ssh) tar -C "$4" -c . | ssh -F "$2" -o BatchMode=yes "root@$3" "docker import - $5" ;;
    tree)
        container=$(docker -H "unix://$2" create "$3" /bin/true)
        trap 'docker -H "unix://$2" rm "$container" >/dev/null' EXIT
        for copy in $(seq "$5"); do
            mkdir -p "$4/$copy"
            docker -H "unix://$2" export "$container" | tar -C "$4/$copy" -x
        done
        du -s --block-size=1M "$4" | cut -f1
        ;;
    forget)
        docker -H "unix://$2" image rm "$3" 2>/dev/null || true
        # What the last import left to be written is not the next one's to wait for.
        sync
        ;;
esac
