# shellcheck shell=bash
# Each node's docker engine. Its data directory is kept in the cache across `down`, for the images in it.

readonly ENGINES=$LAB_CACHE/engines

# engine NODE ARGUMENTS...: docker, talking to the node's engine through the node's own /run.
engine() {
    local -r node=$1
    shift
    node_alive "$node" || fail "$node is not up: see \`lab.sh status\`"
    DOCKER_CONFIG=$LAB_STATE/docker docker -H "unix:///proc/$REPLY/root/run/docker.sock" "$@"
}

# engine_start NODE [FRESH]: with FRESH the node has just booted, and containers of an earlier life go.
engine_start() {
    local -r node=$1 fresh=${2:-} dir=$(node_dir "$1")
    local attempt
    engine_seed "$node"
    mkdir -p "$ENGINES/$node"
    for attempt in 1 2 3; do
        engine_launch "$node"
        if engine_wait "$node"; then
            break
        fi
        # On a busy machine dockerd may give up on its containerd, which has 15 s for its own start.
        say "$node: dockerd ended ($(tail -n 1 "$dir/dockerd.log"))"
        ((attempt < 3)) || fail "dockerd does not start on $node: see $dir/dockerd.log"
    done
    if [[ -n $fresh ]]; then
        engine_remove_containers "$node"
    fi
}

# setsid leaves the daemon to the node's init. The OOM score stays: to lower it takes CAP_SYS_RESOURCE.
engine_launch() {
    local -r node=$1
    node_run "$node" sh -c 'rm -f /run/docker.pid /run/docker.sock; exec setsid -f "$@"' sh \
        dockerd -H unix:///run/docker.sock --data-root "$ENGINES/$node" --exec-root /run/docker --pidfile /run/docker.pid \
        --insecure-registry "$LAB_REGISTRY" --insecure-registry "$LAB_HEAD_ADDRESS:5000" \
        --storage-driver overlay2 --oom-score-adjust 0 </dev/null >"$(node_dir "$node")/dockerd.log" 2>&1
    node_record_daemon "$node" dockerd docker.pid
}

# Whether the engine answers before its daemon ends.
engine_wait() {
    wait_until 120 "the engine on $1" engine_has_settled "$1" && node_alive "$1" dockerd
}

engine_has_settled() {
    ! node_alive "$1" dockerd || { engine_has_socket "$1" && engine "$1" version >/dev/null 2>&1; }
}

engine_has_socket() {
    node_alive "$1" && [[ -S /proc/$REPLY/root/run/docker.sock ]]
}

engine_remove_containers() {
    local containers
    mapfile -t containers < <(engine "$1" ps --all --quiet --no-trunc)
    if ((${#containers[@]} > 0)); then
        engine "$1" rm --force --volumes "${containers[@]}" >/dev/null
    fi
}

# Leaves the data directory without containers, so that the next engine finds images only.
engine_stop() {
    local -r node=$1
    if node_alive "$node" dockerd; then
        engine_remove_containers "$node" || say "$node: containers could not be removed by the engine; they end with the node"
        process_end "$(node_dir "$node")/dockerd.pid" 15
    fi
}
