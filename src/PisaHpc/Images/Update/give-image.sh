# shellcheck shell=sh
# Gives an image to another node: docker save | ssh | docker load.
# $1 the socket, $2 the image, $3 the node that gets it, $4 the command there, $5 port, $6 user or nothing, $7 ssh_config or nothing.
# A configuration that this node cannot read is the caller's alone. A pipeline ends with the code of its last command: half a tar is
# one that docker load refuses.

socket=$1 image=$2 target=$3 command=$4 port=$5 user=$6 config=$7
set -- -T -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -p "$port"
[ -z "$user" ] || set -- "$@" -l "$user"
[ -z "$config" ] || [ ! -r "$config" ] || set -- -F "$config" "$@"
docker --host "unix://$socket" save "$image" | ssh "$@" -- "$target" "$command"
