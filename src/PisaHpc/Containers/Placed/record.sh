# shellcheck shell=sh disable=SC2034 # who includes this takes them
# What root has written down of a job that is placed into a container of this node: RUN/.placed/JOB, a file of three lines. The container's
# id, the job's mark, its directory and its owner; what labels would say; and, once its agent listens, the agent's process id and start.
# No container has that directory: whatever root does about the job follows from these and from what the kernel says.

refuse() { echo "$2" >&2; exit "$1"; }
# own DIRECTORY: it has to be root's alone.
own() {
    [ ! -L "$1" ] || refuse 70 "$1 is a symbolic link"
    [ "$(stat -c %u -- "$1")" = "$(id -u)" ] || refuse 70 "$1 does not belong to $(id -un)"
    [ $(( 0$(stat -c %a -- "$1") & 022 )) = 0 ] || refuse 70 "$1 can be written to by others than its owner"
}
# read_placed FILE: sets container, mark, directory, owner, labels, agent and ticks; fails where there is no such file. A line that was cut
# makes it none of ours.
read_placed() {
    container='' mark='' directory='' owner='' labels='' agent='' ticks=''
    { read -r container mark directory owner && read -r labels && { read -r agent ticks || :; }; } <"$1" || return 1
    case $container in *[!0-9a-f]* | '') return 1 ;; esac
    case $mark-$agent-$ticks in *[!0-9-]* | -*) return 1 ;; esac
} 2>/dev/null
