# shellcheck shell=sh disable=SC2154 # what begins with ph_ is set by the parts before
# Slurm's launcher on the node, where this shell runs as the job's user. It starts the ranks in the containers by the agents there, and
# reaches the other nodes by steps of the job.

ph_kind=srun
ph_path=$(command -v srun) || refuse "there is no srun on the node: looked in $PATH"
case $ph_flavour in mpich) ph_mpi=pmi2 ;; *) ph_mpi=pmix ;; esac
case $(srun --mpi=list 2>&1 </dev/null) in
    *"$ph_mpi"*) ;;
    *) refuse "this Slurm has no $ph_mpi, by which ranks of $ph_flavour find each other: srun --mpi=list does not name it" ;;
esac
fact launcher "$ph_kind" "$ph_path" "$(srun --version 2>/dev/null)"

# Of a heterogeneous job, whose id Slurm writes with the number of a component, srun reaches the components that it is told: a line each.
ph_components=$(timeout -k 2 15 squeue --noheader --jobs="$ph_job" --format='%i %N' 2>/dev/null </dev/null |
    sed -n 's/^[0-9]*+\([0-9]* .\)/\1/p')
if [ -n "$ph_components" ]; then
    while read -r ph_component ph_nodes; do fact component "$ph_component" "$ph_nodes"; done <<END
$ph_components
END
fi

in_container() {
    if [ -n "$ph_workdir" ]; then set -- --cd "$ph_workdir" --no-tty -- "$@"; else set -- --home --no-tty -- "$@"; fi
    "$ph_agent/pisahpc-run" --socket "$ph_directory/agent/socket" --wait 10 "$@" 2>&1 </dev/null
}
ph_said=$(in_container sh -c :) || refuse "$ph_said"

# Whether the container has the program; and where each rank goes, a line a rank, as the function hosts says.
prepare() {
    # shellcheck disable=SC2016 # for the container's shell to expand
    (variables && in_container sh -c 'eval "$PISAHPC_VARIABLES"; command -v -- "$1"' sh "$ph_program") >/dev/null ||
        refuse "there is no program $ph_program in the container${ph_workdir:+, seen from $ph_workdir}"
    # The parts of a heterogeneous step say it themselves.
    [ -z "$ph_components" ] || return 0
    ph_hosts=$(mktemp) || refuse "there is no room for a host file in ${TMPDIR:-/tmp} of the node"
    hosts >"$ph_hosts"
    # Its name goes at once: whoever is killed from here on leaves no file.
    exec 5<"$ph_hosts"
    rm -f "$ph_hosts"
    export SLURM_HOSTFILE=/dev/fd/5
}

# place NODE RANKS
place() {
    ph_count=$2
    while [ "$ph_count" -gt 0 ]; do
        echo "$1"
        ph_count=$((ph_count - 1))
    done
}

# by_step SCRIPT OPTION...: runs it on each node that the options name.
by_step() {
    ph_script=$1
    shift
    env -u SLURM_HOSTFILE timeout -k 2 15 srun --jobid="$ph_job" --overlap --mpi=none "$@" \
        --ntasks-per-node=1 --chdir=/ --input=none sh -c "$ph_script" >/dev/null 2>&1 </dev/null
}

# elsewhere SCRIPT: runs it on every other node, and waits for all; of a heterogeneous job on every node.
elsewhere() {
    if [ -n "$ph_components" ]; then
        printf '%s\n' "$ph_components" | {
            while read -r ph_component ph_nodes; do by_step "$1" --het-group="$ph_component" --nodelist="$ph_nodes" & done
            wait
        }
        return
    fi
    ph_list=
    for ph_node in $ph_others; do ph_list=$ph_list,$ph_node; done
    [ -z "$ph_list" ] || by_step "$1" --nodelist="${ph_list#,}"
}

# srun names them itself.
name_lost() { :; }
