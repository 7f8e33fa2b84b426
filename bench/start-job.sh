#!/usr/bin/env bash
# What an admin's script does today for a job: keys and configuration, then one command on each node that unpacks them, runs a container and
# waits until a login into it works; and the clean-up, one command too. How the command comes to the nodes is TOOL's: "script" (ssh side by
# side, the default), clush, pdsh, or "loop", one node after the other. Where MASTERS names a directory, ssh's masters stand there and serve
# later calls; "close" ends them.
# usage: start-job.sh start|stop|close JOB PORT IMAGE SSH_CONFIG NODE...
set -euo pipefail
verb=$1 job=$2 port=$3 image=$4 config=$5
shift 5
nodes=("$@")
directory=/run/bench-$job
ssh_options=(-F "$config" -o BatchMode=yes)
[[ -z ${MASTERS:-} ]] || ssh_options+=(-o ControlMaster=auto -o "ControlPath=$MASTERS/%h" -o ControlPersist=300)

on_each() {
    local list
    list=$(IFS=, && echo "${nodes[*]}")
    case ${TOOL:-script} in
        script) side_by_side "$1" ;;
        # It has a meaning of its own for %.
        clush) clush -S -q -f 64 -l root -o "${ssh_options[*]//%/%%}" -w "$list" "$1" </dev/null ;;
        pdsh) PDSH_SSH_ARGS="${ssh_options[*]} -l root %h" pdsh -S -f 64 -R ssh -w "$list" "$1" </dev/null ;;
        loop) for node in "${nodes[@]}"; do ssh -n "${ssh_options[@]}" "root@$node" "$1"; done ;;
    esac
}

side_by_side() {
    local pids=() node pid
    for node in "${nodes[@]}"; do
        # Slurm's prolog is on a node, which needs no login to itself.
        if [[ $node == "${SLURMD_NODENAME:-}" ]]; then
            bash -c "$1" </dev/null &
        else
            ssh -n "${ssh_options[@]}" "root@$node" "$1" &
        fi
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
}

# The job's files as a word that fits into a command.
files() {
    local work node
    work=$(mktemp -d)
    ssh-keygen -q -t ed25519 -N '' -f "$work/id"
    ssh-keygen -q -t ed25519 -N '' -f "$work/host"
    cp "$work/id.pub" "$work/authorized_keys"
    for node in "${nodes[@]}"; do echo "[$node]:$port $(cut -d' ' -f1,2 "$work/host.pub")"; done >"$work/known_hosts"
    printf 'Host %s\nPort %s\nUser hpcuser\nIdentityFile %s/id\nUserKnownHostsFile %s/known_hosts\nBatchMode yes\n' \
        "${nodes[*]}" "$port" "$directory" "$directory" >"$work/config"
    printf 'hpcuser:x:4001:4001::/:/bin/sh\n' >"$work/passwd"
    chmod 600 "$work/id" "$work/host" "$work/authorized_keys"
    tar -C "$work" -cz . | base64 -w0
    rm -rf "$work"
}

case $verb in
    start)
        on_each "set -e; mkdir -m 700 $directory; echo $(files) | base64 -d | tar -C $directory -xz; chown -R 4001:4001 $directory
            docker run -d --name bench-$job --init --net host -u 4001:4001 --group-add 5001 --group-add 5002 --cap-drop ALL \
            --security-opt no-new-privileges -v $directory:$directory:ro -v $directory/passwd:/etc/passwd:ro $image \
            /usr/sbin/sshd -D -e -f /dev/null -p $port -h $directory/host -o AuthorizedKeysFile=$directory/authorized_keys \
            -o UsePAM=no -o PidFile=none >/dev/null
            tries=300; until ssh -F $directory/config \$(uname -n) true 2>/dev/null; do
            tries=\$((tries - 1)); [ \$tries -gt 0 ] || { docker logs bench-$job >&2; exit 1; }; sleep 0.1; done"
        ;;
    stop) on_each "docker rm --force bench-$job >/dev/null; rm -rf $directory" ;;
    close) for node in "${nodes[@]}"; do ssh "${ssh_options[@]}" -O exit "root@$node" 2>/dev/null || true; done ;;
esac
