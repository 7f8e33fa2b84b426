# shellcheck shell=sh
# Has Slurm give a node no new job for a while: Batch/hold-node.sh says how. Arguments: those of hold_node there.
# UNDRAIN takes the flag of a drain away and no other (scontrol(1)): what is down stays down.

. Batch/Slurm/caller-choices.sh
. Batch/hold-node.sh
# shellcheck disable=SC2034 # hold_node reads them
read_node() {
    words=$(scontrol show node "$node" 2>&1) || return
    state=$(printf '%s\n' "$words" | sed -n 's/^ *State=\([^ ]*\).*$/\1/p')
    because=$(printf '%s\n' "$words" | sed -n 's/^ *Reason=\(.*\) \[.*$/\1/p')
    case $state in
        *DRAIN*) standing=closed ;;
        *DOWN* | *FAIL*) standing=down ;;
        *) standing=open ;;
    esac
}
read_jobs() {
    words=$(squeue --noheader --nodelist="$node" --states=CF,CG,R,S,ST --format=%A 2>&1) || return
    jobs=$(printf '%s\n' "$words" | grep -c '^[0-9]') || jobs=''
}
close_node() { words=$(scontrol update NodeName="$node" State=DRAIN Reason="$reason" 2>&1); }
open_node() { scontrol update NodeName="$node" State=UNDRAIN; }

need scontrol squeue
hold_node "$@"
