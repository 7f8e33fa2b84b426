#!/usr/bin/env bash
# A port of an area as the batch hooks' old recipe takes one: the first file with one name gets a second one, for the job.
# usage: ports.sh AREA JOBS         leases for so many jobs, one after the other
#        ports.sh AREA JOBS RACERS  the same by so many shells at once; prints how many ports two jobs have
set -euo pipefail
area=$1 jobs=$2 racers=${3:-}

take() {
    local job path
    for ((job = 0; job < jobs; job++)); do
        path=$(find "$area" -links 1 -type f | sort | sed -n 1p)
        ln "$path" "$area/job-$1-$job"
    done
}

if [[ -z $racers ]]; then
    take "$$"
    exit
fi
pids=()
for ((racer = 0; racer < racers; racer++)); do
    take "r$racer" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
find "$area" -links +2 -type f -name '[0-9]*' | wc -l
