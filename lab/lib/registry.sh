# shellcheck shell=bash
# The local registry on the bridge's address. Its storage is kept in the cache across `down`.

readonly REGISTRY_STORAGE=$LAB_CACHE/registry

registry_up() {
    local -r pid_file=$LAB_STATE/registry.pid
    process_alive "$pid_file" && return
    mkdir -p "$REGISTRY_STORAGE"
    registry_config >"$LAB_STATE/registry.yml"
    (
        process_close_descriptors
        cd /
        exec setsid docker-registry serve "$LAB_STATE/registry.yml"
    ) </dev/null >"$LAB_STATE/registry.log" 2>&1 &
    process_record "$pid_file" $!
    wait_until 20 "the registry at $LAB_HEAD_ADDRESS:5000" registry_answers "$pid_file" \
        || fail "the registry does not start: $(tail -n 3 "$LAB_STATE/registry.log")"
}

registry_answers() {
    process_alive "$1" || fail "the registry ended: $(tail -n 3 "$LAB_STATE/registry.log")"
    # Opening the connection is the question; no client program is needed for it.
    (exec 3<>"/dev/tcp/$LAB_HEAD_ADDRESS/5000") 2>/dev/null
}

registry_config() {
    cat <<END
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: $REGISTRY_STORAGE }
  delete: { enabled: true }
http: { addr: '$LAB_HEAD_ADDRESS:5000' }
END
}

registry_down() {
    process_end "$LAB_STATE/registry.pid" 10
}
