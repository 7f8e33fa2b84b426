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
    engine_prepare "$node"
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

# The node's own /etc/docker, and the script that stands for a service manager (node/engine.sh) with the engine's arguments. What the
# node's admin has changed stays. The OOM score stays too: to lower it takes CAP_SYS_RESOURCE.
engine_prepare() {
    local -r node=$1 dir=$(node_dir "$1")
    install -m 755 "$LAB_HOME/node/engine.sh" "$dir/engine.sh.new"
    mv "$dir/engine.sh.new" "$dir/engine.sh"
    printf '%s\n' --host unix:///run/docker.sock --data-root "$ENGINES/$node" --exec-root /run/docker --pidfile /run/docker.pid \
        --storage-driver overlay2 --oom-score-adjust 0 >"$dir/engine.args"
    printf '{\n  "insecure-registries": ["%s", "%s"]\n}\n' "$LAB_REGISTRY" "$LAB_HEAD_ADDRESS:5000" >"$dir/daemon.json"
    # shellcheck disable=SC2016
    node_run "$node" sh -c '
        mountpoint --quiet /etc/docker || mount -t tmpfs -o mode=755 tmpfs /etc/docker
        [ -e /etc/docker/daemon.json ] || cp "$1/daemon.json" /etc/docker/
        ln -sfn "$1" /run/engine' sh "$dir"
}

# Whether the node was prepared by this lab: one that runs since before gets it at the next `up`.
engine_is_prepared() {
    node_alive "$1" && [[ -L /proc/$REPLY/root/run/engine ]]
}

engine_launch() {
    node_start_daemon "$1" dockerd "$(node_dir "$1")/dockerd.log" /run/engine/engine.sh start
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
