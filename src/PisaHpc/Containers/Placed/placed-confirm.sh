# shellcheck shell=sh
# Writes down which process is a job's agent: the one that has had the job's mark for longest, since root gave it the mark when nobody else
# had it. Prints its id and start.
# $1 the run directory, $2 the job's file name. Exit code 71: there is none.

. Containers/Placed/record.sh
. Containers/Placed/marked.sh
set -eu
umask 077
records=$1/.placed
exec 8>"$records/.lock"
flock -w 30 8 || refuse 70 "somebody else has $records/.lock"
read_placed "$records/$2" || exit 71
look_for_marked ""
agent='' ticks=''
for process in $processes; do
    began=$(ticks_of "$process") || continue
    if [ -z "$ticks" ] || [ "$began" -lt "$ticks" ]; then agent=$process ticks=$began; fi
done
[ -n "$agent" ] || exit 71
trap 'rm -f -- "$records/.new.$$"' EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
printf '%s %s %s %s\n%s\n%s %s\n' "$container" "$mark" "$directory" "$owner" "$labels" "$agent" "$ticks" >"$records/.new.$$"
mv -T -- "$records/.new.$$" "$records/$2"
echo "$agent $ticks"
