#!/usr/bin/env bash
# A cluster on one machine: N nodes, each with its own sshd, docker engine, network and mounts. See README.md beside this file.
set -euo pipefail
LAB_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly LAB_HOME
# shellcheck source=lib/settings.sh
. "$LAB_HOME/lib/settings.sh"
# shellcheck source=lib/log.sh
. "$LAB_HOME/lib/log.sh"
# shellcheck source=lib/wait.sh
. "$LAB_HOME/lib/wait.sh"
# shellcheck source=lib/process.sh
. "$LAB_HOME/lib/process.sh"
# shellcheck source=lib/jobs.sh
. "$LAB_HOME/lib/jobs.sh"
# shellcheck source=lib/packages.sh
. "$LAB_HOME/lib/packages.sh"
# shellcheck source=lib/cgroup.sh
. "$LAB_HOME/lib/cgroup.sh"
# shellcheck source=lib/network.sh
. "$LAB_HOME/lib/network.sh"
# shellcheck source=lib/hosts.sh
. "$LAB_HOME/lib/hosts.sh"
# shellcheck source=lib/users.sh
. "$LAB_HOME/lib/users.sh"
# shellcheck source=lib/keys.sh
. "$LAB_HOME/lib/keys.sh"
# shellcheck source=lib/shared.sh
. "$LAB_HOME/lib/shared.sh"
# shellcheck source=lib/node.sh
. "$LAB_HOME/lib/node.sh"
# shellcheck source=lib/seed.sh
. "$LAB_HOME/lib/seed.sh"
# shellcheck source=lib/engine.sh
. "$LAB_HOME/lib/engine.sh"
# shellcheck source=lib/registry.sh
. "$LAB_HOME/lib/registry.sh"
# shellcheck source=lib/images.sh
. "$LAB_HOME/lib/images.sh"
# shellcheck source=lib/site.sh
. "$LAB_HOME/lib/site.sh"
# shellcheck source=lib/slurm.sh
. "$LAB_HOME/lib/slurm.sh"
# shellcheck source=lib/accounting.sh
. "$LAB_HOME/lib/accounting.sh"
# shellcheck source=lib/status.sh
. "$LAB_HOME/lib/status.sh"

usage() {
    cat <<END
usage: lab.sh up [N]           raise the lab with at least N nodes (1 to $LAB_NODES_MAX, default $LAB_NODES_DEFAULT); what runs is kept
       lab.sh batch slurm [FILE|none]   put a Slurm over the nodes that stand; \`up\` keeps it up from then on. FILE has lines that a
                               site's own slurm.conf would have; they stay until \`none\`
       lab.sh batch slurm accounting|no-accounting   the same with slurmdbd over a MariaDB, for sacct, until it is taken away again
       lab.sh reboot NODE      as when its power fails: its containers stay on its disk; \`up\` starts its part of a batch system again
       lab.sh down [--purge]   end all of it; --purge removes the cached images too
       lab.sh status [--json]
       lab.sh ssh NODE [COMMAND...]
       lab.sh enter NODE [COMMAND...]   a shell in the node without sshd
       lab.sh images [deb13 | init]   build, push and pull what is missing
       lab.sh packages [slurm|accounting|bench]   install the Debian packages that are missing
END
}

main() {
    local -r command=${1:-}
    shift || true
    case $command in
        up | down | images | batch | reboot)
            require_root
            lock
            "lab_$command" "$@"
            ;;
        enter | packages)
            require_root
            "lab_$command" "$@"
            ;;
        status | ssh) "lab_$command" "$@" ;;
        help | --help | -h) usage ;;
        *) misused ;;
    esac
}

misused() {
    usage >&2
    exit 2
}

require_root() {
    ((EUID == 0)) || fail 'the lab makes namespaces, mounts and users: run it as root'
}

# Nodes have mounts of their own there.
require_visible_directories() {
    local dir
    for dir in "$LAB_STATE" "$LAB_CACHE"; do
        [[ $dir != /@(tmp|run|root|dev|proc|sys|var/run)/* ]] || fail "$dir cannot be seen in the nodes: put it below /var"
    done
}

# One at a time.
lock() {
    exec 9>"/run/$LAB_MARK.lock"
    flock --nonblock 9 || { say 'waiting for another lab.sh' && flock 9; }
}

lab_up() {
    local -r wanted=${1:-$LAB_NODES_DEFAULT}
    local nodes=() number
    [[ $wanted =~ ^[1-9][0-9]?$ ]] && ((wanted <= LAB_NODES_MAX)) || fail "'$wanted' nodes: give a number from 1 to $LAB_NODES_MAX"
    require_visible_directories
    packages_install "${LAB_PACKAGES[@]}"
    mkdir -p "$LAB_STATE/nodes" "$LAB_CACHE"
    for ((number = 1; number <= wanted; number++)); do
        mkdir -p "$(node_dir "$(node_name "$number")")"
    done
    mapfile -t nodes < <(node_names)
    users_up
    shared_up
    keys_up
    network_up
    hosts_publish "${nodes[@]}"
    registry_up
    for_each_node node_up "${nodes[@]}"
    keys_publish "${nodes[@]}"
    site_write "${nodes[@]}"
    images_up "${IMAGES_ALL[@]}"
    if slurm_is_wanted; then
        slurm_up "${nodes[@]}"
    fi
    say "up: ${nodes[*]}"
}

lab_batch() {
    local nodes=()
    [[ ${1:-} == slurm ]] || misused
    mapfile -t nodes < <(node_names)
    ((${#nodes[@]} > 0)) || fail "the lab is down: start it with \`lab.sh up\`"
    case ${2:-} in
        '') ;;
        none) rm -f "$SLURM_SITE_CONF" ;;
        accounting) mkdir -p "$ACCOUNTING_DIR" ;;
        no-accounting) accounting_remove ;;
        *)
            mkdir -p "$SLURM_DIR"
            install -m 644 "$2" "$SLURM_SITE_CONF"
            ;;
    esac
    slurm_up "${nodes[@]}"
    say "slurm: ${nodes[*]}"
}

lab_reboot() {
    local -r node=${1:-}
    [[ -n $node ]] || misused
    node_alive "$node" || fail "$node is not up: see \`lab.sh status\`"
    node_reboot "$node"
    say "rebooted: $node"
}

lab_down() {
    local nodes=()
    mapfile -t nodes < <(node_names)
    slurm_down
    for_each_node node_down "${nodes[@]}"
    registry_down
    network_down
    cgroup_remove
    hosts_withdraw
    users_down
    rm -rf "$LAB_STATE"
    if [[ ${1:-} == --purge ]]; then
        rm -rf "$LAB_CACHE"
    fi
    say down
}

lab_status() {
    case ${1:-} in
        --json) status_json ;;
        '') status_text ;;
        *) misused ;;
    esac
}

lab_ssh() {
    [[ -e $LAB_SSH_CONFIG ]] || fail "the lab is down: start it with \`lab.sh up\`"
    exec ssh -F "$LAB_SSH_CONFIG" "$@"
}

lab_packages() {
    case ${1:-} in
        slurm) packages_install "${LAB_PACKAGES[@]}" "${SLURM_PACKAGES[@]}" ;;
        accounting) packages_install "${LAB_PACKAGES[@]}" "${SLURM_PACKAGES[@]}" "${ACCOUNTING_PACKAGES[@]}" ;;
        bench) packages_install "${LAB_PACKAGES[@]}" "${BENCH_PACKAGES[@]}" ;;
        '') packages_install "${LAB_PACKAGES[@]}" ;;
        *) misused ;;
    esac
}

lab_enter() {
    local -r node=${1:-}
    [[ -n $node ]] || misused
    shift
    if (($# == 0)); then
        set -- bash -l
    fi
    node_run "$node" "$@"
}

lab_images() {
    [[ -d $LAB_STATE/nodes ]] || fail "the lab is down: start it with \`lab.sh up\`"
    case ${1:-} in
        deb13) images_up "${IMAGES_OPTIONAL[@]}" ;;
        init) images_up "${IMAGES_INIT[@]}" ;;
        '') images_up "${IMAGES_ALL[@]}" ;;
        *) misused ;;
    esac
}

main "$@"
