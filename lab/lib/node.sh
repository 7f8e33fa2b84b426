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

# node_alive NODE [DAEMON]: the pid is in REPLY.
node_alive() {
    local -r record=$LAB_STATE/nodes/$1/${2:-init}.pid
    process_alive "$record" || { [[ -n ${2:-} ]] && node_adopt "$1" "$2" && process_alive "$record"; }
}

# A daemon that runs and is not recorded is the node's all the same: the node restarts its engine by itself, and an `up` that was
# killed may have started one.
node_adopt() {
    local pid_file pid
    pid_file=$(node_pid_file "$1" "$2") && [[ -s $pid_file ]] && pid=$(node_machine_pid "$1" "$(<"$pid_file")") \
        && [[ -n $pid ]] && { [[ $(<"/proc/$pid/comm") == "$2" ]]; } 2>/dev/null && process_record "$(node_dir "$1")/$2.pid" "$pid"
}

# Prints where this machine finds what a daemon writes into the node's /run.
node_pid_file() {
    node_alive "$1" || return 1
    case $2 in
        dockerd) printf '/proc/%s/root/run/docker.pid' "$REPLY" ;;
        munged) printf '/proc/%s/root%s/pid' "$REPLY" "$SLURM_MUNGE_RUN" ;;
        *) printf '/proc/%s/root/run/%s.pid' "$REPLY" "$2" ;;
    esac
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

# Power-off and on again. What comes after its engine (a batch system's daemon) is not there yet: `up` starts it.
node_reboot() {
    node_power_off "$1"
    node_boot "$1"
    node_start_sshd "$1"
    engine_start "$1"
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
    node_start_daemon "$node" sshd "$dir/sshd.log" \
        /usr/sbin/sshd -f "$dir/sshd_config" -h "$dir/ssh_host_ed25519_key" -E "$dir/sshd.log"
}

# node_start_daemon NODE DAEMON LOG COMMAND...: for a daemon that does not run. The command puts it into the background and may end
# before the daemon has written its pid file, so the one of a daemon that was killed must not be there.
node_start_daemon() {
    local -r node=$1 name=$2 log=$3
    shift 3
    local pid_file
    pid_file=$(node_pid_file "$node" "$name") || fail "$node is not up: see \`lab.sh status\`"
    rm -f "$pid_file"
    node_run "$node" "$@" </dev/null || fail "$name on $node does not start: $(tail -n 3 "$log")"
    wait_until 60 "$name of $node" test -s "$pid_file" || fail "$name on $node does not start: $(tail -n 3 "$log")"
    node_adopt "$node" "$name" || fail "$name on $node ended at once: $(tail -n 3 "$log")"
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
    if node_alive "$1"; then
        engine_stop "$1"
    fi
    node_power_off "$1"
}

# The same at once, as when the power fails: containers stay on its engine's disk.
node_power_off() {
    local -r node=$1 dir=$(node_dir "$1")
    local pid
    if node_alive "$node"; then
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
