# shellcheck shell=sh
# Asks on a node until the sshd of a static environment answers, or the deadline passes; prints what ssh said last.
# $1 the deadline in seconds, $2 the environment's directory, $3 its port.
# Whoever shows the right host key, and then wants to know who one is, is the right sshd: ssh ends there, since it offers nothing.
# What accepts a connection and then says nothing would hold ssh up: not in every version ConnectTimeout goes beyond the connection.

end=$(($(date +%s) + $1))
while :; do
    left=$((end - $(date +%s)))
    [ "$left" -ge 1 ] || left=1
    [ "$left" -le 10 ] || left=10
    said=$(LC_ALL=C timeout -k 1 "$left" ssh -F /dev/null -p "$3" -l root -o BatchMode=yes \
        -o PreferredAuthentications=none -o StrictHostKeyChecking=yes \
        -o HostKeyAlias=pisahpc-static -o UserKnownHostsFile="$2/known_hosts" -o GlobalKnownHostsFile=/dev/null \
        -o HostKeyAlgorithms=ssh-ed25519 -o UpdateHostKeys=no -o CheckHostIP=no -o ConnectTimeout=5 -o LogLevel=ERROR \
        127.0.0.1 true </dev/null 2>&1)
    case $said in *'Permission denied ('*) exit 0 ;; esac
    [ "$(date +%s)" -lt "$end" ] || {
        printf '%s\n' "${said:-what listens on port $3 did not answer ssh within $left s}"
        exit 1
    }
    sleep 0.1
done
