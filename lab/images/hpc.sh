# shellcheck shell=bash
# The big image, made the source's way: a Debian tree with both MPI implementations, as a tar for `docker import`.

readonly HPC_PACKAGES=(openssh-server openmpi-bin mpich iproute2 ca-certificates)
readonly HPC_PROGRAMS=/opt/pisahpc-lab/bin

# What the tree depends on; a change makes a new image.
hpc_key() {
    printf '%s\n' "$1" "${HPC_PACKAGES[@]}" "${DEBIAN_DPKG_OPTIONS[@]}" "$HPC_PROGRAMS"
    cat "$LAB_HOME"/images/{finish-tree.sh,mpi-hello.c}
}

# hpc_build SUITE TAR
hpc_build() {
    # shellcheck disable=SC2016 # the hook's own variables
    debian_build "$1" "$2" "'$LAB_HOME/images/finish-tree.sh' "'"$1"'" '$HPC_PROGRAMS' "'"$WORK"' "${HPC_PACKAGES[@]}"
}
