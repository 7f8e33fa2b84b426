# shellcheck shell=sh disable=SC2034 # read by the parts that follow
# The supervisor's first part: what it is given, and how it says what it finds, a fact a line after the run's mark.
# $1 the run's mark, $2 the job's directory, $3 openmpi, mpich or nothing, $4 network or interface or nothing, $5 working directory or
# nothing, $6 the program, $7 seconds between TERM and KILL, $8 the job and $9 the directory of its agent's program, both for srun alone;
# then the nodes, this one first.

set -u
ph_run=$1 ph_directory=$2 ph_flavour=$3 ph_network=$4 ph_workdir=$5 ph_program=$6 ph_grace=$7 ph_job=$8 ph_agent=$9
shift 9
shift
ph_others=$* ph_peer=${1:-}
fact() { printf '%s %s\n' "$ph_run" "$*"; }
refuse() { fact refused "$*"; exit 1; }
first_word() { read -r first _ && echo "$first"; }
