# shellcheck shell=sh
# Ends when a job's agent has ended. $1 its process id, $2 its start, $3 the seconds after which this ends at the latest: exit code 75.

. Containers/Placed/marked.sh
look_at_clock
end=$((now + $3 * 100))
while [ "$(ticks_of "$1")" = "$2" ]; do
    look_at_clock
    [ "$now" -lt "$end" ] || exit 75
    sleep 0.2
done
