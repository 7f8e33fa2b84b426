# shellcheck shell=sh
# Prints the jobs that are placed on this node, two lines each: the job's file name, the identity of what is written down of it, the second
# of that, the container's id, the job's mark, its directory, its agent (pending, alive or gone) and whether it has processes; and what
# labels would say. Then "end".
# $1 the run directory.

. Containers/Placed/record.sh
. Containers/Placed/marked.sh
. Containers/find-group.sh
. Containers/Placed/freezer.sh
set -eu
records=$1/.placed
if [ ! -d "$records" ] && [ ! -L "$records" ]; then echo end; exit 0; fi
own "$1"
own "$records"
thaw_left
# All marks of processes of the node, by blanks.
marks=''
for record in "$records"/*; do
    read_placed "$record" || continue
    [ -n "$marks" ] \
        || marks=" $(printf '%s\n' /proc/[0-9]*/status | xargs grep -hs '^Groups:' | tr -s ' \t' '\n' | sort -u | tr '\n' ' ')"
    name=${record##*/}
    case $name in *[!A-Za-z0-9._-]*) continue ;; esac
    lives=pending left=no
    if [ -n "$agent" ]; then
        lives=gone
        if [ "$(ticks_of "$agent")" = "$ticks" ]; then lives=alive; fi
    fi
    case $lives$marks in
        alive*) left=yes ;;
        *" $mark "*) ! some_marked || left=yes ;;
    esac
    identity=$(stat -c '%i %Y' -- "$record" 2>/dev/null) || continue
    printf '%s %s %s %s %s %s %s\n%s\n' "$name" "$identity" "$container" "$mark" "$directory" "$lives" "$left" "$labels"
done
echo end
