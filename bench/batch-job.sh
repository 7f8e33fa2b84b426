#!/usr/bin/env bash
# Prolog and Epilog of Slurm as an admin writes them today, for jobs whose comment is "recipe": a port of the area, keys, a container on
# each node from the first one, by ssh where it is another (start-job.sh), and all of it taken away. As the first line of a job's script it
# runs that in the container. It is called by the names prolog, epilog and run, and reads "settings" beside it: the image, ssh's
# configuration and the area of ports, a line each.
set -euo pipefail
here=${0%/*}
{ read -r image && read -r ssh_config && read -r ports; } <"$here/settings"
job=$SLURM_JOB_ID
directory=/run/bench-$job

if [[ ${0##*/} == run ]]; then
    exec ssh -F "$directory/config" "${SLURMD_NODENAME:-$(uname -n)}" sh -s <"$1"
fi
[[ ${SLURM_JOB_COMMENT-} == recipe ]] || exit 0
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mapfile -t nodes < <(scontrol show hostnames "$SLURM_NODELIST")
[[ ${nodes[0]} == "$SLURMD_NODENAME" ]] || exit 0

choose_port() {
    local path
    path=$(find "$ports" -links 1 -type f | sort | sed -n 1p)
    ln "$path" "$ports/job-$job"
    port=${path##*/}
}

case ${0##*/} in
    prolog)
        choose_port
        "$here/start-job.sh" start "$job" "$port" "$image" "$ssh_config" "${nodes[@]}" >&2
        ;;
    epilog)
        "$here/start-job.sh" stop "$job" 0 "$image" "$ssh_config" "${nodes[@]}"
        rm -f "$ports/job-$job"
        ;;
esac
