# shellcheck shell=sh
# Has Slurm give a node no more jobs; those that run there go on. Arguments: the node; the reason.

. Batch/Slurm/caller-choices.sh
words=$(scontrol update "NodeName=$1" State=DRAIN "Reason=$2" 2>&1) || {
    printf 'refused\t'; printf '%s' "$words" | base64 | tr -d '\n'
    printf '\n'
}
printf 'end\t1\n'
