# shellcheck shell=bash
# A node: network, mount, UTS, IPC, pid and cgroup namespaces of its own, held by an init process (node/init.sh), with an
# sshd and a docker engine in it. Ending init ends all that runs in the node, as power-off does.

node_name() {
    printf '%s%02d' "$LAB_NODE_PREFIX" "$1"
}

node_address() {
    printf '%s.%d' "$LAB_NETWORK" "$((10#${1#"$LAB_NODE_PREFIX"}))"
}

node_dir() {
    printf '%s' "$LAB_STATE/nodes/$1"
}

# Prints the nodes that were ever started since the last `down`.
node_names() {
    local dir
    for dir in "$LAB_STATE"/nodes/*/; do
        [[ -d $dir ]] || continue
        dir=${dir%/}
        printf '%s\n' "${dir##*/}"
    done
}

# node_alive NODE [init|sshd|dockerd]: the pid is in REPLY.
node_alive() {
    local -r record=$LAB_STATE/nodes/$1/${2:-init}.pid
    process_alive "$record" || { [[ ${2:-} == dockerd ]] && engine_adopt "$1" && process_alive "$record"; }
}

# Starts whatever of the node does not run.
node_up() {
    local -r node=$1
    local fresh=''
    if ! node_alive "$node"; then
        node_down "$node"
        node_boot "$node"
        fresh=1
    fi
    if ! node_alive "$node" sshd; then
        node_start_sshd "$node"
    fi
    if ! node_alive "$node" dockerd; then
        engine_start "$node" "$fresh"
    elif ! engine_is_prepared "$node"; then
        engine_prepare "$node"
    fi
}

node_boot() {
    local -r node=$1 dir=$(node_dir "$1")
    mkdir -p "$dir"
    keys_create_host_key "$node"
    cp "$LAB_HOME/node/init.sh" "$LAB_HOME/node/sshd_config" "$LAB_HOME/devices.sh" "$dir/"
    network_attach "$node" "$(node_address "$node")"
    cgroup_create "$node"
    rm -f "$dir/init.ready"
    (
        process_close_descriptors
        cgroup_enter "$node"
        cd /
        exec setsid nsenter --net="/run/netns/$node" \
            unshare --mount --uts --ipc --pid --cgroup --fork \
            "$dir/init.sh" "$node" "$dir" "$LAB_SSH_KEY.pub"
    ) </dev/null >"$dir/init.log" 2>&1 &
    local -r launcher=$!
    # init.sh writes its pid, as this machine numbers it, when the node's mounts are made.
    if ! wait_until 60 "the start of $node" node_has_booted "$dir/init.ready" "$launcher"; then
        fail "$node does not start: $(tail -n 3 "$dir/init.log")"
    fi
    [[ -s $dir/init.ready ]] || fail "$node does not start: $(tail -n 3 "$dir/init.log")"
    process_record "$dir/init.pid" "$(<"$dir/init.ready")" || fail "$node ended at once: $(tail -n 3 "$dir/init.log")"
    cgroup_settle "$node"
}

node_has_booted() {
    [[ -s $1 ]] || ! kill -0 "$2" 2>/dev/null
}

# node_run NODE COMMAND...: runs the command in all of the node's namespaces and in its cgroup.
node_run() {
    local -r node=$1
    shift
    node_alive "$node" || fail "$node is not up: see \`lab.sh status\`"
    local -r init=$REPLY
    (
        process_close_descriptors
        if cgroup_is_unified; then
            cgroup_enter "$node/init"
        else
            cgroup_enter "$node"
        fi
        exec nsenter --target "$init" --mount --uts --ipc --net --pid --cgroup --wd=/ env -i HOME=/root TERM="${TERM:-dumb}" \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
    )
}

node_start_sshd() {
    local -r node=$1 dir=$(node_dir "$1")
    node_run "$node" /usr/sbin/sshd -f "$dir/sshd_config" -h "$dir/ssh_host_ed25519_key" -E "$dir/sshd.log" </dev/null \
        || fail "sshd on $node does not start: $(tail -n 3 "$dir/sshd.log")"
    node_record_daemon "$node" sshd
}

# Records a daemon of the node that has written its pid file in the node's /run: node_record_daemon NODE NAME [PIDFILE]
node_record_daemon() {
    local -r node=$1 name=$2 dir=$(node_dir "$1")
    node_alive "$node" || fail "$node went down while $name was started"
    local -r pid_file=/proc/$REPLY/root/run/${3:-$name.pid}
    wait_until 60 "$pid_file" test -s "$pid_file" || fail "$name on $node does not start: $(tail -n 3 "$dir/$name.log")"
    local pid
    pid=$(node_machine_pid "$node" "$(<"$pid_file")")
    [[ -n $pid ]] && process_record "$dir/$name.pid" "$pid" \
        || fail "$name on $node ended at once: $(tail -n 3 "$dir/$name.log")"
}

# Prints the pid on this machine of the process that the node numbers $2.
node_machine_pid() {
    local pid
    while read -r pid; do
        # A process that has ended since is not the one.
        awk -v wanted="$2" '/^Pid:/ { pid = $2 } /^NSpid:/ && $NF == wanted { print pid }' "/proc/$pid/status" 2>/dev/null || true
    done < <(cgroup_own_processes "$1")
}

# Ends the node, in whatever state it is, and removes what it consisted of. Its directory stays.
node_down() {
    local -r node=$1 dir=$(node_dir "$1")
    local pid
    if node_alive "$node"; then
        engine_stop "$node"
        process_kill "$dir/init.pid"
    fi
    # What is in the node's cgroup is the node's: there is nothing left unless init itself was torn away.
    while read -r pid; do
        kill -KILL "$pid" 2>/dev/null || [[ ! -d /proc/$pid ]]
    done < <(cgroup_processes "$node")
    wait_until 20 "the end of all processes of $node" cgroup_is_empty "$node" ||
        fail "processes of $node do not end: $(cgroup_processes "$node")"
    cgroup_remove "$node"
    network_detach "$node"
    rm -f "$dir"/*.pid "$dir/init.ready"
}
