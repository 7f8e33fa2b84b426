# shellcheck shell=sh
# Ends all processes of a job that is placed on this node, and prints the job's directory; nothing where the job is not. It can run any
# number of times: what is written down of the job goes last, when forget is asked for and no process is left.
# $1 the run directory, $2 the job's file name, $3 its owner's login name or nothing for whoever's, $4 the seconds that its processes have
# after TERM, $5 the identity of what was written down, when that alone is meant, or nothing, $6 forget or nothing.
# Exit codes: 77 it is another user's, and nothing was done; 70 refused, or processes do not end. The reason is on standard error.

. Containers/Placed/record.sh
. Containers/Placed/marked.sh
. Containers/find-group.sh
. Containers/Placed/freezer.sh
set -eu
records=$1/.placed
record=$records/$2
if [ ! -d "$records" ] && [ ! -L "$records" ]; then exit 0; fi
own "$1"
own "$records"
[ -e "$record" ] || exit 0
read_placed "$record" || refuse 70 "$record cannot be read"
[ -z "$3" ] || [ "$3" = "$owner" ] || refuse 77 "job $2 is placed here for $owner, and not for $3"
[ -z "$5" ] || [ "$(stat -c %i -- "$record")" = "$5" ] || refuse 70 "job $2 was placed anew since it was looked at"
trap thaw EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
if [ "$4" -gt 0 ]; then
    look_for_marked TERM
    look_for_marked CONT
    look_at_clock
    end=$((now + $4 * 100))
    while some_marked && look_at_clock && [ "$now" -lt "$end" ]; do sleep 0.1; done
fi
look_at_clock
end=$((now + 2000)) empty=0 enough=1
until [ "$empty" = "$enough" ]; do
    look_at_clock
    [ "$now" -lt "$end" ] || refuse 70 "processes$processes of job $2 in container $container do not end"
    # Where nothing can be frozen, a process that begins another and ends may be missed, though hardly three times.
    kill_frozen || enough=3 count=0
    frozen=$count
    look_for_marked KILL
    if [ "$((count + frozen))" = 0 ]; then
        empty=$((empty + 1))
    else
        empty=0
        sleep 0.05
    fi
done
if [ "$6" = forget ]; then rm -f -- "$record"; fi
printf '%s\n' "$directory"
