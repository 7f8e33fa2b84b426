# shellcheck shell=sh
# What runs in the first node's container around the image's launcher (MpiSupervisor). Its own variables begin with ph_.

. Mpi/supervisor-facts.sh
. Mpi/image-launcher.sh
. Mpi/network-facts.sh
. Mpi/supervisor-look.sh
. Mpi/supervisor-output.sh
. Mpi/supervisor-launch.sh
