# shellcheck shell=sh
# Takes a job's directory away, and what an interrupted write left. Prints "removed" or "absent"; or "kept", where nothing was done.
# $1 the directory; $2 its inode, where it is to go only as long as it is that one, and 0 where there was none: one that was written since,
# or is being written, is not touched (exit code 70). Nothing for $2: whichever it is. $3 its owner's login name, where it is to go only as
# long as it is his (exit code 70). $4 a file, where nothing is to be done as long as that is there.
# A write that goes on after its caller was killed is ended, and waited for, since it would put the directory back; after 5 seconds this
# refuses (exit code 70). The shell's child is ended too: a shell heeds a signal only when its child has ended, and tar waits for input as
# long as sshd holds the connection of a dead caller. Whatever still uses the job's client configuration or its agent's socket is ended as
# well: a login, a launcher, a program's client or a readiness check whose caller was killed.

set -eu
refuse() { echo "$1" >&2; exit 70; }
if [ -n "${4:-}" ] && { [ -e "$4" ] || [ -L "$4" ]; }; then echo kept; exit 0; fi
dir=$1
run=${dir%/*} name=${dir##*/}
meant=${2:-}
owner=${3:-}
own_processes=''
found=absent
# The run directory is root's: nobody else can put another one in its place meanwhile.
if [ -n "$owner" ] && { [ -e "$dir" ] || [ -L "$dir" ]; } && [ "$(stat -c %U -- "$dir")" != "$owner" ]; then
    refuse "$dir is $(stat -c %U -- "$dir")'s, and not $owner's"
fi
other() { refuse "$dir is another one than was looked at: it was written since"; }
# shellcheck disable=SC2062 # the pattern comes by -f
writers() {
    for file in $(printf '%s' "write:$dir" | grep -lszxF -f - /proc/[0-9]*/cmdline); do
        process=${file%/cmdline}
        own_processes=${own_processes:-$(readlink /proc/self/ns/pid)}
        # One that somebody else calls so, here or in a container, is none.
        [ "$(readlink "$process/ns/pid")" = "$own_processes" ] || continue
        [ "$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "$process/status" 2>/dev/null)" = "$(id -u)" ] || continue
        echo "$file"
    done
}
if [ -n "$meant" ]; then
    if [ "$meant" = 0 ] && [ -e "$dir" ]; then other; fi
    [ -z "$(writers)" ] || other
fi
left=100
while writing=$(writers); [ -n "$writing" ]; do
    for process in $writing; do
        process=${process%/cmdline}
        process=${process#/proc/}
        [ $left != 0 ] || refuse "process $process writes $dir and does not end"
        kill -- "$process" 2>/dev/null || :
        # shellcheck disable=SC2013 # paths without blanks
        for child in $(grep -lsx "PPid:[[:space:]]*$process" /proc/[0-9]*/status); do
            child=${child%/status}
            kill -- "${child#/proc/}" 2>/dev/null || :
        done
    done
    left=$((left - 1))
    sleep 0.05
done
if [ -e "$dir" ] || [ -L "$dir" ]; then
    found=removed
    stamp=0000000000$$
    old=$run/.old.${stamp#"${stamp%??????????}"}.$name
    [ ! -e "$old" ] || rm -rf -- "$old"
    mv -T -- "$dir" "$old"
    if [ -n "$meant" ] && [ "$(stat -c %i -- "$old")" != "$meant" ]; then
        mv -T -- "$old" "$dir"
        other
    fi
fi
# shellcheck disable=SC2062 # the pattern comes by -f
for process in $(printf '%s\n' "$dir/ssh_config" "$dir/agent/socket" | grep -lszxF -f - /proc/[0-9]*/cmdline); do
    process=${process%/cmdline}
    kill -- "${process#/proc/}" 2>/dev/null || :
done
rm -rf -- "$run"/.new.??????????."$name" "$run"/.old.??????????."$name"
echo $found
