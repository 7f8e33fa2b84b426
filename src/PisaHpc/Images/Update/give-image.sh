# shellcheck shell=sh
# Gives an image to another node: save | ssh | load.
# $1 the node that gets it, $2 the command there, $3 port, $4 user or nothing, $5 ssh_config or nothing; then the command here.
# A configuration that this node cannot read is the caller's alone. A pipeline ends with the code of its last command, and that one takes
# no half image.

target=$1 command=$2 port=$3 user=$4 config=$5
shift 5
there() {
  set -- -T -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -p "$port"
  [ -z "$user" ] || set -- "$@" -l "$user"
  [ -z "$config" ] || [ ! -r "$config" ] || set -- -F "$config" "$@"
  ssh "$@" -- "$target" "$command"
}
"$@" | there
