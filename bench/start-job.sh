#!/usr/bin/env bash
# What an admin's script does today for a job: keys and configuration, `docker run` by ssh, a login to see that it is ready; and the
# clean-up. The nodes are worked on side by side.
# usage: start-job.sh start|stop JOB PORT IMAGE SSH_CONFIG NODE...
set -euo pipefail
verb=$1 job=$2 port=$3 image=$4 config=$5
shift 5
directory=/run/bench-$job
at() { ssh -F "$config" -o BatchMode=yes "root@$1" "$2"; }

prepare() {
    local work=$1
    shift
    ssh-keygen -q -t ed25519 -N '' -f "$work/id"
    ssh-keygen -q -t ed25519 -N '' -f "$work/host"
    cp "$work/id.pub" "$work/authorized_keys"
    for node in "$@"; do echo "[$node]:$port $(cut -d' ' -f1,2 "$work/host.pub")"; done >"$work/known_hosts"
    printf 'Host %s\nPort %s\nUser hpcuser\nIdentityFile %s/id\nUserKnownHostsFile %s/known_hosts\nBatchMode yes\n' \
        "$*" "$port" "$directory" "$directory" >"$work/config"
    printf 'hpcuser:x:4001:4001::/:/bin/sh\n' >"$work/passwd"
    chmod 600 "$work/id" "$work/host" "$work/authorized_keys"
}

start_node() {
    local work=$1 node=$2 deadline=$((SECONDS + 60))
    tar -C "$work" -c . | at "$node" "mkdir -m 700 $directory && tar -C $directory -x && chown -R 4001:4001 $directory"
    at "$node" "docker run -d --name bench-$job --init --net host -u 4001:4001 --group-add 5001 --group-add 5002 --cap-drop ALL \
        --security-opt no-new-privileges -v $directory:$directory:ro -v $directory/passwd:/etc/passwd:ro $image \
        /usr/sbin/sshd -D -e -f /dev/null -p $port -h $directory/host -o AuthorizedKeysFile=$directory/authorized_keys \
        -o UsePAM=no -o PidFile=none >/dev/null"
    until at "$node" "ssh -F $directory/config $node true" 2>/dev/null; do
        ((SECONDS < deadline)) || {
            at "$node" "docker logs bench-$job" >&2
            return 1
        }
        sleep 0.1
    done
}

stop_node() { at "$1" "docker rm --force bench-$job >/dev/null; rm -rf $directory"; }

if [[ $verb == start ]]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    prepare "$work" "$@"
    for node in "$@"; do start_node "$work" "$node" & done
else
    for node in "$@"; do stop_node "$node" & done
fi
for pid in $(jobs -p); do wait "$pid"; done
