# shellcheck shell=sh
# For Slurm's programs: times as seconds since 1970, and no choices of the caller's, which would hide jobs from him, or show another
# cluster's (squeue(1), scontrol(1)). Without a length of its own squeue cuts the id of an array that waits to 31 characters.

export LC_ALL=C SLURM_TIME_FORMAT=%s SLURM_BITSTR_LEN=64
unset SQUEUE_ACCOUNT SQUEUE_ARRAY SQUEUE_ARRAY_UNIQUE SQUEUE_CLUSTERS SQUEUE_FEDERATION SQUEUE_FORMAT SQUEUE_FORMAT2 SQUEUE_LICENSES \
  SQUEUE_NAMES SQUEUE_PARTITION SQUEUE_PRIORITY SQUEUE_QOS SQUEUE_SIBLING SQUEUE_SORT SQUEUE_STATES SQUEUE_USERS SLURM_CLUSTERS \
  SACCT_FEDERATION SACCT_FORMAT
export SQUEUE_ALL=1 SQUEUE_LOCAL=1 SCONTROL_ALL=1 SCONTROL_LOCAL=1 SACCT_LOCAL=1
