# shellcheck shell=sh
# Asks Slurm for its nodes, once: "nodes" has a line for each, name, state, when its reason was given and the reason, by bars, in base64;
# "now" is this host's clock and "cluster" Slurm's own name of itself.

. Batch/Slurm/caller-choices.sh
unset SINFO_FEDERATION SINFO_FORMAT SINFO_PARTITION SINFO_SORT
for program in sinfo scontrol base64; do
    command -v "$program" >/dev/null || { printf 'missing\t%s\nend\t1\n' "$program"; exit 0; }
done
encode() { base64 | tr -d '\n'; }
nodes=$(sinfo --noheader --Node --all --local --format='%N|%T|%H|%E' 2>&1) || {
    printf 'refused\t'; printf '%s' "$nodes" | encode
    printf '\nend\t1\n'
    exit 0
}
printf 'cluster\t%s\nnow\t%s\n' "$(scontrol show config | sed -n 's/^ClusterName *= *//p')" "$(date +%s)"
printf 'nodes\t'; printf '%s' "$nodes" | encode
printf '\nend\t1\n'
