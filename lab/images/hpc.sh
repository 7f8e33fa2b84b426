# shellcheck shell=bash
# The big image, made the source's way: a Debian tree with both MPI implementations, as a tar for `docker import`.

readonly HPC_PACKAGES=(openssh-server openmpi-bin mpich iproute2 ca-certificates)
readonly HPC_PROGRAMS=/opt/pisahpc-lab/bin

# Manuals and translations stay out: they are half of the files. dpkg need not sync a tree that is thrown away.
readonly HPC_DPKG_OPTIONS=(
    force-unsafe-io
    'path-exclude=/usr/share/man/*'
    'path-exclude=/usr/share/doc/*'
    'path-exclude=/usr/share/locale/*'
)

# What the tree depends on; a change makes a new image.
hpc_key() {
    printf '%s\n' "$1" "${HPC_PACKAGES[@]}" "${HPC_DPKG_OPTIONS[@]}" "$HPC_PROGRAMS"
    cat "$LAB_HOME"/images/{finish-tree.sh,mpi-hello.c}
}

# hpc_build SUITE TAR
hpc_build() {
    local -r suite=$1 tar=$2
    local -r work=$LAB_CACHE/work.$suite
    say "building the $suite tree with ${HPC_PACKAGES[*]}"
    rm -rf "$work"
    mkdir -p "$work"
    hpc_sources "$suite" >"$work/sources.list"
    if [[ ! -s $work/sources.list ]]; then
        # apt knows whose its sources are when it has read them.
        apt-get update -q >&2
        hpc_sources "$suite" >"$work/sources.list"
    fi
    [[ -s $work/sources.list ]] || fail "apt has no Debian source for $suite to make the image from: see /etc/apt/sources.list"
    hpc_apt_options >"$work/apt.conf"
    mmdebstrap --quiet --format=tar --mode=root --variant=minbase --include="$(IFS=,; printf '%s' "${HPC_PACKAGES[*]}")" \
        --aptopt="$work/apt.conf" "${HPC_DPKG_OPTIONS[@]/#/--dpkgopt=}" \
        --customize-hook="'$LAB_HOME/images/finish-tree.sh' \"\$1\" '$HPC_PROGRAMS' '$work'" \
        "$suite" "$tar.new" - <"$work/sources.list" >&2 || fail "mmdebstrap could not make the $suite tree: see above"
    mv "$tar.new" "$tar"
    rm -rf "$work"
}

# The machine's own Debian sources, for its own suite or for another.
hpc_sources() {
    local -r suite=$1
    local own uri release component
    own=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
    # shellcheck disable=SC2016 # apt's own placeholders
    while read -r uri release component; do
        if [[ $release == "$own" || $release == "$own"-* ]]; then
            printf 'deb %s %s %s\n' "$uri" "${release/"$own"/"$suite"}" "$component"
        fi
    done < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian') | sort -u
}

# The machine's own ways to its sources: proxies, and whether old snapshots are taken.
hpc_apt_options() {
    apt-config dump | grep -iE '^Acquire::(https?::[^"]*proxy|check-valid-until|check-date|retries)' || [[ $? == 1 ]]
}
