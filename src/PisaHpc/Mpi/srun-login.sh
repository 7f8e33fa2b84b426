# shellcheck shell=sh
# Runs a command on a node as the owner of a job's directory; of this account's variables it has those alone by which srun is found.
# $1 the directory, then the command.

. Access/as-owner.sh
directory=$1
shift
cd /
as_owner "$directory" env -i PATH="$PATH" ${SLURM_CONF:+SLURM_CONF="$SLURM_CONF"} "$@"
