# shellcheck shell=bash
# The Debian packages that the lab and the tests need, and those of a batch system where one is asked for; only those that are missing
# get installed, and no service is started.

# shellcheck disable=SC2034 # lab.sh has them installed
readonly LAB_PACKAGES=(
    docker.io docker-registry          # the nodes' engines, the registry
    openssh-server openssh-client      # the nodes' sshd, the keys
    iproute2 iptables util-linux mount # network namespaces, the bridge, nsenter and unshare, the nodes' own directories
    procps                             # docker top asks the machine's ps
    mmdebstrap gcc libc6-dev           # the images: the tree, the MPI sample program; gcc also links what is compiled ahead of time
    zlib1g-dev                         # a program that is compiled ahead of time is linked with it
    busybox-static                     # the tiny image
    bzip2 xz-utils zstd                # tars to import
    openssl                            # a benchmark's registry with a certificate, private keys in its forms
    csh tcsh fish zsh ksh              # login shells that nodes may have
    shellcheck                         # what looks at the scripts, those for nodes included
    systemd                            # what looks at the units that ship with the program for hooks: systemd-analyze verify
    strace                             # counts the processes that a hook starts
    lua5.1                             # what slurmctld runs a site's job_submit.lua by
    sudo                               # by which a user's hook of HTCondor has root start his container
    nscd                               # a name service by a socket, whose accounts a container of a node has
    ansible-core                       # the playbooks that about_PisaHpc_Ansible shows
    chromium                           # reads the page of a report
)
# shellcheck disable=SC2034 # lab.sh has them installed
readonly BENCH_PACKAGES=(
    curl                               # asks a node's engine for a container and no more
    clustershell pdsh                  # what admins run a command on many nodes by
    netpipe-openmpi openmpi-bin        # latency and bandwidth of MPI; nodes, which are this machine, run it outside of containers
)
readonly POLICY_RC=/usr/sbin/policy-rc.d

# packages_missing PACKAGE...: prints those that are not installed.
packages_missing() {
    local -A installed=()
    local name status
    while read -r name status; do
        [[ $status == installed ]] && installed[$name]=1
    done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
    for name in "$@"; do
        [[ -n ${installed[$name]:-} ]] || printf '%s\n' "$name"
    done
}

# packages_install PACKAGE...
packages_install() {
    local missing
    mapfile -t missing < <(packages_missing "$@")
    if ((${#missing[@]} == 0)); then
        return
    fi
    say "installing ${missing[*]}"
    (
        trap packages_allow_services EXIT
        packages_forbid_services
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -q
        apt-get install -q -y --no-install-recommends "${missing[@]}"
    ) >&2 || fail "apt-get could not install ${missing[*]}: see its messages above"
    packages_disable_services "${missing[@]}"
}

# Debian asks policy-rc.d before it starts a service; 101 means no.
packages_forbid_services() {
    if [[ -e $POLICY_RC && ! -e $POLICY_RC.$LAB_MARK ]]; then
        mv "$POLICY_RC" "$POLICY_RC.$LAB_MARK"
    fi
    printf '#!/bin/sh\nexit 101\n' >"$POLICY_RC"
    chmod 755 "$POLICY_RC"
}

packages_allow_services() {
    rm -f "$POLICY_RC"
    if [[ -e $POLICY_RC.$LAB_MARK ]]; then
        mv "$POLICY_RC.$LAB_MARK" "$POLICY_RC"
    fi
}

# What was installed for the lab must not start at the machine's next boot either.
packages_disable_services() {
    local package unit
    [[ -d /run/systemd/system ]] || return 0
    for package in "$@"; do
        while read -r unit; do
            systemctl --quiet disable "${unit##*/}" 2>&1
        done < <(dpkg-query -L "$package" | grep -E '/systemd/system/[^/@]+\.(service|socket)$')
    done >&2
}
