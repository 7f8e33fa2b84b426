# shellcheck shell=bash
# What stands, for people and as JSON.

status_text() {
    local node part
    if [[ ! -d $LAB_STATE/nodes ]]; then
        printf 'The lab is down. Start it with: %s up\n' "$0"
        return
    fi
    printf '%-8s %-12s %-22s %s\n' node address 'init/sshd/dockerd' images
    while read -r node; do
        printf '%-8s %-12s ' "$node" "$(node_address "$node")"
        printf '%-22s ' "$(status_pid "$node" init)/$(status_pid "$node" sshd)/$(status_pid "$node" dockerd)"
        status_images "$node" | paste -sd' '
    done < <(node_names)
    printf '\n%-10s %s\n' registry \
        "$(process_alive "$LAB_STATE/registry.pid" && printf '%s (pid %s)' "$LAB_REGISTRY" "$REPLY" || printf 'down')"
    if slurm_is_wanted; then
        printf '%-10s %s\n' slurm "$(status_slurm)"
    fi
    for part in "site $LAB_SITE" "key $LAB_SSH_KEY" "known_hosts $LAB_KNOWN_HOSTS" "ssh_config $LAB_SSH_CONFIG" "shared $LAB_SHARED"; do
        printf '%-10s %s\n' "${part%% *}" "${part#* }"
    done
}

status_slurm() {
    local node
    printf 'slurmctld %s' "$(process_alive "$SLURM_DIR/slurmctld.pid" && printf '(pid %s)' "$REPLY" || printf down)"
    if accounting_is_wanted; then
        printf ', slurmdbd %s' "$(process_alive "$ACCOUNTING_DIR/slurmdbd.pid" && printf '(pid %s)' "$REPLY" || printf down)"
    fi
    while read -r node; do
        printf ', slurmd on %s %s' "$node" "$(status_pid "$node" slurmd)"
    done < <(node_names)
    printf ', %s' "$SLURM_CONF_FILE"
}

status_pid() {
    if node_alive "$1" "$2"; then
        printf '%s' "$REPLY"
    else
        printf 'down'
    fi
}

status_images() {
    if node_alive "$1" dockerd; then
        engine "$1" image ls --filter "reference=$LAB_REGISTRY/*/*" --format "{{.Repository}}:{{.Tag}}" | sed "/:<none>/d" | sort
    fi
}

status_json() {
    local node separator='' up=true
    [[ -d $LAB_STATE/nodes ]] || up=false
    printf '{\n  "up": %s,\n  "state": "%s",\n' "$up" "$LAB_STATE"
    printf '  "site": "%s",\n  "sshKey": "%s",\n  "knownHosts": "%s",\n  "sshConfig": "%s",\n' \
        "$LAB_SITE" "$LAB_SSH_KEY" "$LAB_KNOWN_HOSTS" "$LAB_SSH_CONFIG"
    printf '  "shared": "%s",\n  "portArea": "%s",\n' "$LAB_SHARED" "$LAB_PORT_AREA"
    printf '  "slurm": %s,\n' "$(status_slurm_json)"
    printf '  "registry": { "address": "%s", "pid": %s },\n  "nodes": [' \
        "$LAB_REGISTRY" "$(process_alive "$LAB_STATE/registry.pid" && printf '%s' "$REPLY" || printf null)"
    while read -r node; do
        printf '%s\n' "$separator"
        status_node_json "$node"
        separator=,
    done < <(node_names)
    printf '\n  ]\n}\n'
}

status_slurm_json() {
    if slurm_is_wanted; then
        printf '{ "config": "%s", "slurmctld": %s, "munged": %s, "slurmdbd": %s }' "$SLURM_CONF_FILE" \
            "$(process_alive "$SLURM_DIR/slurmctld.pid" && printf '%s' "$REPLY" || printf null)" \
            "$(process_alive "$SLURM_DIR/munged.pid" && printf '%s' "$REPLY" || printf null)" \
            "$(process_alive "$ACCOUNTING_DIR/slurmdbd.pid" && printf '%s' "$REPLY" || printf null)"
    else
        printf null
    fi
}

status_node_json() {
    local -r node=$1
    local daemon images
    printf '    { "name": "%s", "address": "%s", "netns": "/run/netns/%s"' "$node" "$(node_address "$node")" "$node"
    for daemon in init sshd dockerd munged slurmd; do
        printf ', "%s": %s' "$daemon" "$(node_alive "$node" "$daemon" && printf '%s' "$REPLY" || printf null)"
    done
    images=$(status_images "$node" | sed 's/.*/"&"/' | paste -sd,)
    node_alive "$node" && printf ',\n      "engine": "/proc/%s/root/run/docker.sock"' "$REPLY" || printf ',\n      "engine": null'
    printf ', "images": [%s] }' "$images"
}
