# shellcheck shell=sh
# Ends when a job's agent has ended, or the time is up. $1 its process id, $2 its start, $3 the seconds.

. Containers/Placed/marked.sh
end=$(($(date +%s) + $3))
while [ "$(ticks_of "$1")" = "$2" ] && [ "$(date +%s)" -lt "$end" ]; do sleep 0.2; done
