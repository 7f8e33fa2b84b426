# shellcheck shell=sh
# What runs on the first node around srun (MpiSupervisor), as the job's user. Its own variables begin with ph_.

. Mpi/supervisor-facts.sh
. Mpi/srun-launcher.sh
. Mpi/network-facts.sh
. Mpi/supervisor-look.sh
. Mpi/supervisor-output.sh
. Mpi/supervisor-launch.sh
