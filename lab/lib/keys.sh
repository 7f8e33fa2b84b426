# shellcheck shell=bash
# The admin's key, each node's host key, and what a client needs of them: known_hosts and an ssh_config.

readonly LAB_SSH=$LAB_STATE/ssh
readonly LAB_SSH_KEY=$LAB_SSH/id_ed25519
readonly LAB_KNOWN_HOSTS=$LAB_SSH/known_hosts
readonly LAB_SSH_CONFIG=$LAB_SSH/config

keys_up() {
    install -d -m 700 "$LAB_SSH"
    if [[ ! -e $LAB_SSH_KEY ]]; then
        ssh-keygen -q -t ed25519 -N '' -C "admin@$LAB_MARK" -f "$LAB_SSH_KEY"
    fi
    if [[ ! -e $LAB_SSH_CONFIG ]]; then
        keys_client_config >"$LAB_SSH_CONFIG"
    fi
}

keys_client_config() {
    cat <<END
Host $LAB_NODE_PREFIX* $LAB_NETWORK.*
    User root
    IdentityFile $LAB_SSH_KEY
    IdentitiesOnly yes
    UserKnownHostsFile $LAB_KNOWN_HOSTS
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    HostKeyAlgorithms ssh-ed25519
    BatchMode yes
    ForwardX11 no
    ConnectTimeout 5
END
}

# The node's host key lives as long as the lab, so that a node started again is the same host to its clients.
keys_create_host_key() {
    local -r file=$(node_dir "$1")/ssh_host_ed25519_key
    if [[ ! -e $file ]]; then
        ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$file"
    fi
}

# keys_publish NODE...: the known_hosts file with all nodes under name and address.
keys_publish() {
    local node type key
    for node in "$@"; do
        read -r type key _ <"$(node_dir "$node")/ssh_host_ed25519_key.pub"
        printf '%s,%s %s %s\n' "$node" "$(node_address "$node")" "$type" "$key"
    done >"$LAB_KNOWN_HOSTS.new"
    mv "$LAB_KNOWN_HOSTS.new" "$LAB_KNOWN_HOSTS"
}
