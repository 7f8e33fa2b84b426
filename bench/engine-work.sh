#!/usr/bin/env bash
# The least that a container of a job costs its engine: create and start by HTTP on the node's own socket, and the time until its sshd says
# its first byte. "measure" prints the two in seconds.
# usage: engine-work.sh prepare|measure|remove|clean SOCKET NODE SSH_CONFIG IMAGE
set -euo pipefail
verb=$1 socket=$2 node=$3 config=$4 image=$5
name=bench-engine-work directory=/run/bench-engine-work port=21997
api=http://engine/containers

now() { printf '%s' "${EPOCHREALTIME/,/.}"; }

measure() {
    local body begun started
    body=$(printf '{"Image":"%s","Cmd":["/usr/sbin/sshd","-D","-e","-f","/dev/null","-p","%s","-h","%s/host","-o","UsePAM=no",
        "-o","PidFile=none"],"HostConfig":{"NetworkMode":"host","Init":true,"Binds":["%s:%s:ro"]}}' \
        "$image" $port $directory $directory $directory)
    begun=$(now)
    curl --silent --show-error --fail --unix-socket "$socket" --json "$body" --output /dev/null "$api/create?name=$name" \
        --next --silent --show-error --fail --unix-socket "$socket" --request POST --output /dev/null "$api/$name/start"
    started=$(now)
    until read -r -t 5 -n 1 _ <"/dev/tcp/$node/$port"; do :; done 2>/dev/null
    awk -v begun="$begun" -v started="$started" -v ended="$(now)" 'BEGIN { print started - begun, ended - begun }'
}

remove() { ssh -n -F "$config" "root@$node" "docker rm --force $name >/dev/null 2>&1; $1"; }

case $verb in
    prepare) remove "rm -rf $directory; mkdir $directory && ssh-keygen -q -t ed25519 -N '' -f $directory/host" ;;
    measure) measure ;;
    remove) remove true ;;
    clean) remove "rm -rf $directory" ;;
esac
