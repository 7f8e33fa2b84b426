#!/usr/bin/env bash
# The least that a container of a job costs its engine: create and start by HTTP on the node's own socket, as curl counts them, without its
# own start; and the time until its sshd says its first byte. "measure" prints the two in seconds.
# usage: engine-work.sh prepare|measure|remove|clean SOCKET NODE SSH_CONFIG IMAGE
set -euo pipefail
export LC_ALL=C
verb=$1 socket=$2 node=$3 config=$4 image=$5
name=bench-engine-work directory=/run/bench-engine-work port=21997
api=http://engine/containers

measure() {
    local body took started
    body=$(printf '{"Image":"%s","Cmd":["/usr/sbin/sshd","-D","-e","-f","/dev/null","-p","%s","-h","%s/host","-o","UsePAM=no",
        "-o","PidFile=none"],"HostConfig":{"NetworkMode":"host","Init":true,"Binds":["%s:%s:ro"]}}' \
        "$image" $port $directory $directory $directory)
    # What nobody writes to: a pause without a process of its own.
    exec 3<> <(:)
    took=$(request "$body")
    started=$EPOCHREALTIME
    until read -r -t 5 -n 1 _ <"/dev/tcp/$node/$port"; do read -r -t 0.002 -u 3 _ || true; done 2>/dev/null
    awk -v took="$took" -v started="$started" -v ended="$EPOCHREALTIME" 'BEGIN {
        split(took, each); printf "%.6f %.6f\n", each[1] + each[2], each[1] + each[2] + ended - started }'
}

# Creates the container and starts it; prints the seconds of both.
request() {
    local options=(--silent --show-error --fail --unix-socket "$socket" --output /dev/null --write-out '%{time_total} ')
    curl "${options[@]}" --json "$1" "$api/create?name=$name" --next "${options[@]}" --request POST "$api/$name/start"
}

remove() { ssh -n -F "$config" "root@$node" "docker rm --force $name >/dev/null 2>&1; $1"; }

case $verb in
    prepare) remove "rm -rf $directory; mkdir $directory && ssh-keygen -q -t ed25519 -N '' -f $directory/host" ;;
    measure) measure ;;
    remove) remove true ;;
    clean) remove "rm -rf $directory" ;;
esac
