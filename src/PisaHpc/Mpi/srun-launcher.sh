# shellcheck shell=sh disable=SC2154 # what begins with ph_ is set by the parts before
# Slurm's launcher on the node, where this shell runs as the job's user. It starts the ranks in the containers by the agents there, and
# reaches the other nodes by steps of the job.

ph_kind=srun
ph_path=$(command -v srun) || refuse "there is no srun on the node: looked in $PATH"
case $(srun --mpi=list 2>&1 </dev/null) in
    *pmix*) ;;
    *) refuse 'this Slurm has no PMIx, by which its ranks find each other: srun --mpi=list does not name it' ;;
esac
fact launcher "$ph_kind" "$ph_path" "$(srun --version 2>/dev/null)"

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

# elsewhere SCRIPT: runs it on every other node, and waits for all.
elsewhere() {
    ph_list=
    for ph_node in $ph_others; do ph_list=$ph_list,$ph_node; done
    [ -z "$ph_list" ] || env -u SLURM_HOSTFILE timeout -k 2 15 srun --jobid="$ph_job" --overlap --mpi=none --nodelist="${ph_list#,}" \
        --ntasks-per-node=1 --chdir=/ --input=none sh -c "$1" >/dev/null 2>&1 </dev/null
}

# srun names them itself.
name_lost() { :; }
