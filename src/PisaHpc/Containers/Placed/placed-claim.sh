# shellcheck shell=sh
# Writes down that a job is about to be placed into a container of this node, before anything of it is there. Standard input is what labels
# would say, a line.
# $1 the run directory, $2 the job's file name, $3 the static environment's directory, $4 the container's id, $5 the job's mark, $6 the
# job's directory, $7 its owner's login name.
# Exit codes: 75 another time, as while the container is drained or replaced; 76 another port; 70 refused. The reason is on standard error.

. Containers/Placed/record.sh
. Containers/Placed/marked.sh
set -eu
run=$1 job=$2 static=$3
# First of all, so that a caller who vanishes holds no lock.
said=$(cat && echo .)
said=${said%.}
records=$run/.placed
umask 022
mkdir -p -- "$run"
own "$run"
umask 077
mkdir -p -- "$records"
own "$records"
exec 8>"$records/.lock"
flock -w 30 8 || refuse 75 "somebody else has $records/.lock"
# A sync, a restart or a stop has this lock alone while it looks who is in the container, and until that has gone.
exec 9>>"$static/.sync"
flock -s -n 9 || refuse 75 "its container is being drained or replaced by $(head -c 200 -- "$static/.sync")"
code=0
known=$(getent group "$5") || code=$?
# getent(1): 2 is none of that id. Any other code but 0 is no answer, and a name service may give users such ids.
case $code in
    0) refuse 70 "group id $5, which would be the job's mark, is that of group ${known%%:*}" ;;
    2) ;;
    *) refuse 70 "nobody says whether group id $5, which would be the job's mark, is a group's (getent ended with $code)" ;;
esac
[ ! -e "$records/$job" ] || refuse 70 "an earlier run of the job is written down in $records/$job"
for other in "$records"/*; do
    if read_placed "$other" && [ "$mark" = "$5" ]; then refuse 76 "job ${other##*/} has its port, and is placed here still"; fi
done
container=$4 mark=$5
look_for_marked ""
[ -z "$processes" ] || refuse 70 "processes$processes have group id $mark, which is the job's mark"
rm -f -- "$records"/.new.*
trap 'rm -f -- "$records/.new.$$"' EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
printf '%s %s %s %s\n%s' "$4" "$5" "$6" "$7" "$said" >"$records/.new.$$"
read_placed "$records/.new.$$" || refuse 70 'what is to be written down did not arrive whole'
mv -T -- "$records/.new.$$" "$records/$job"
