# shellcheck shell=sh
# Tells the jobs of which a slurmstepd listens on this node, by the name of its socket: NODE_JOB.STEP, or NODE_JOB.STEP.COMPONENT.
# A file of that name alone says nothing: it stays when a slurmstepd is killed. What counts is the process, which has the socket open: it is
# root's by all four of its ids, which no user's program is, and slurmstepd's own program (Debian calls it slurmstepd-wlm; after an update
# "(deleted)" stands behind its name). Who is not root sees no process's files.

slurmstepd() {
    grep -qsx "$(printf 'Uid:\t0\t0\t0\t0')" "$1/status" || return 1
    program=$(readlink "$1/exe")
    case ${program##*/} in slurmstepd*) ;; *) return 1 ;; esac
}
sockets=' '
# shellcheck disable=SC2013 # paths without blanks
for process in $(grep -lsx slurmstepd /proc/[0-9]*/comm); do
    process=${process%/comm}
    slurmstepd "$process" || continue
    sockets="$sockets$(find "$process/fd" -lname 'socket:*' -printf '%l ')"
done
# proc_net(5): 00010000 is the flag of a socket that listens.
while read -r _ _ _ flags _ _ inode path; do
    [ "$flags" = 00010000 ] || continue
    case $sockets in *" socket:[$inode] "*) ;; *) continue ;; esac
    name=${path##*/}
    name=${name##*_}
    job=${name%%.*}
    case $name in *.*) ;; *) continue ;; esac
    case $job in '' | *[!0-9]*) ;; *) printf 'running.%s\t1\n' "$job" ;; esac
done </proc/net/unix
printf 'end\t1\n'
