#!/usr/bin/env bash
# Makes a fresh Debian tree the lab's: no keys or names of its own, and the MPI sample program, compiled against the tree's MPI
# libraries; the headers come from packages that are only unpacked. Usage: finish-tree.sh TREE DIRECTORY_IN_TREE WORK
set -euo pipefail
tree=$1 programs=$1$2 work=$3
source=${BASH_SOURCE[0]%/*}/mpi-hello.c
triplet=$(gcc -print-multiarch)
library=usr/lib/$triplet

main() {
    rm -f "$tree"/etc/ssh/ssh_host_* "$tree/etc/hostname" "$tree/etc/resolv.conf"
    mkdir -p "$tree/run/sshd" "$work/headers" "$programs"
    cd "$work"
    # As root in a directory of root's, which apt would warn of.
    apt-get download -q -o APT::Sandbox::User=root libopenmpi-dev libmpich-dev >&2
    for package in ./*.deb; do
        dpkg-deb --extract "$package" headers
    done
    compile openmpi "$library/openmpi/include" libmpi.so.40
    compile mpich "usr/include/$triplet/mpich" libmpich.so.12
}

# compile NAME INCLUDE_DIRECTORY LIBRARY
compile() {
    gcc -O2 -Wall -Wextra -Werror -isystem "headers/$2" -o "$programs/mpi-hello-$1" "$source" \
        "$tree/$library/$3" -Wl,-rpath-link,"$tree/$library" -Wl,--unresolved-symbols=ignore-in-shared-libs
}

main
