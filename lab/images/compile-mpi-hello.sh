#!/usr/bin/env bash
# Compiles the MPI sample program for a Debian tree, against the tree's own MPI libraries; the headers come from packages that
# are only unpacked. Usage: compile-mpi-hello.sh TREE DIRECTORY_IN_TREE WORK
set -euo pipefail
tree=$1 programs=$1$2 work=$3
source=${BASH_SOURCE[0]%/*}/mpi-hello.c
library=usr/lib/$(gcc -print-multiarch)

mkdir -p "$work/headers" "$programs"
cd "$work"
apt-get download -q libopenmpi-dev libmpich-dev >&2
for package in ./*.deb; do
    dpkg-deb --extract "$package" headers
done

# compile NAME INCLUDE_DIRECTORY LIBRARY
compile() {
    gcc -O2 -Wall -Wextra -Werror -isystem "headers/$2" -o "$programs/mpi-hello-$1" "$source" \
        "$tree/$library/$3" -Wl,-rpath-link,"$tree/$library" -Wl,--unresolved-symbols=ignore-in-shared-libs
}

compile openmpi "$library/openmpi/include" libmpi.so.40
compile mpich "usr/include/$(gcc -print-multiarch)/mpich" libmpich.so.12
