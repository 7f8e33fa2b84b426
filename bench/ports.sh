#!/usr/bin/env bash
# A port of an area as the batch hooks' old recipe takes one: the first file with one name gets a second one, for the job. Prints the
# seconds.
# usage: ports.sh AREA JOBS         leases for so many jobs, one after the other
#        ports.sh AREA JOBS RACERS  the same by so many shells at once, from when all stand ready; prints how many ports two jobs have, too
set -euo pipefail
export LC_ALL=C
area=$1 jobs=$2 racers=${3:-}

# say_seconds BEGUN: since a time that EPOCHREALTIME has had.
say_seconds() {
    local took=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))
    printf '%d.%06d\n' $((took / 1000000)) $((took % 1000000))
}

take() {
    local job path
    for ((job = 0; job < jobs; job++)); do
        path=$(find "$area" -links 1 -type f | sort | sed -n 1p)
        ln "$path" "$area/job-$1-$job"
    done
}

# A racer says that it is ready, and goes on when the gate, which the caller has open for writing, is closed.
race() {
    exec 5<"$work/gate" 4>&-
    echo >&6
    read -r -u 5 || true
    take "$1"
}

if [[ -z $racers ]]; then
    begun=$EPOCHREALTIME
    take "$$"
    say_seconds "$begun"
    exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/gate" "$work/ready"
# Opened for both, neither waits for the other end.
exec 4<>"$work/gate" 6<>"$work/ready"
pids=()
for ((racer = 0; racer < racers; racer++)); do
    race "r$racer" &
    pids+=($!)
done
for ((racer = 0; racer < racers; racer++)); do read -r -u 6; done
begun=$EPOCHREALTIME
exec 4>&-
for pid in "${pids[@]}"; do wait "$pid"; done
say_seconds "$begun"
find "$area" -links +2 -type f -name '[0-9]*' | wc -l
