# shellcheck shell=bash
# Names: marked lines in this machine's hosts file, which the nodes share and the engines hand on to host-network containers.

readonly HOSTS_FILE=/etc/hosts

# hosts_publish NODE...: exactly these nodes, and the registry.
hosts_publish() {
    local wanted node
    wanted=$(
        printf '%s %s # %s\n' "$LAB_HEAD_ADDRESS" "$LAB_REGISTRY_NAME" "$LAB_MARK"
        for node in "$@"; do
            printf '%s %s # %s\n' "$(node_address "$node")" "$node" "$LAB_MARK"
        done
    )
    if [[ $(grep " # $LAB_MARK\$" "$HOSTS_FILE") != "$wanted" ]]; then
        hosts_write "$wanted"$'\n'
    fi
}

hosts_withdraw() {
    if grep -q " # $LAB_MARK\$" "$HOSTS_FILE"; then
        hosts_write ''
    fi
}

# Written in place: the file may be a mount, which cannot be renamed over.
hosts_write() {
    local others
    others=$(grep -v " # $LAB_MARK\$" "$HOSTS_FILE"; printf x)
    printf "%s%s" "${others%x}" "$1" >"$HOSTS_FILE"
}
