# shellcheck shell=sh
# Puts a job's directory in its place: made beside it and renamed, so that it is there with all files or not at all.
# $1 "write:" and the directory, by which a removal finds this process; $2 uid, $3 gid, $4 number of files and directories. Standard input
# is a tar of them. Where ranks may run: $5 another node of the job, $6 the network or the interface that the site says, or nothing. Then
# the file "network" is written beside them: by which interface and network this node's ranks talk, and what the site said; each is a dash
# where that is not known.
# Prints "changed" or "same"; exit code 70: refused, the reason is on standard error.
# The run directory is root's; a job's directory in it is its user's, who may put anything there: no symbolic link of his is followed.

. Access/Ssh/job-network.sh

set -eu
refuse() { echo "$1" >&2; exit 70; }
dir=${1#write:} uid=$2 gid=$3 count=$4 peer=${5:-} network=${6:-}
run=${dir%/*} name=${dir##*/}
umask 022
[ -d "$run" ] || mkdir -p -- "$run"
type=$(stat -f -c %T -- "$run")
case $type in
    tmpfs|ramfs) ;;
    *) rmdir -- "$run" 2>/dev/null || :; refuse "$run is on $type, not on a tmpfs: keys must not reach a disk" ;;
esac
# shellcheck disable=SC3067 # dash, bash and busybox know it
[ -O "$run" ] || refuse "$run does not belong to $(id -un)"
[ $(( 0$(stat -c %a -- "$run") & 022 )) = 0 ] || refuse "$run can be written to by others than its owner"
[ ! -L "$dir" ] || refuse "$dir is a symbolic link"
if [ -e "$dir" ]; then
    owner=$(stat -c %u -- "$dir")
    [ "$owner" = "$uid" ] || refuse "$dir exists and belongs to uid $owner, not to uid $uid: it is another user's job"
fi
stamp=0000000000$$ stamp=${stamp#"${stamp%??????????}"}
new=$run/.new.$stamp.$name old=$run/.old.$stamp.$name
umask 077
# take_away: what is left of this write, or of one whose process had the same id.
take_away() { [ ! -e "$new" ] && [ ! -e "$old" ] || rm -rf -- "$new" "$old"; }
take_away
trap take_away EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
mkdir -- "$new"
# Root's gives the files to the owner whom they come with. The time is this node's, by which it finds what is old.
tar -xpmf - -C "$new"
set -- "$new"/*
[ $# = "$count" ] || refuse "$# of $count files arrived"
if [ -n "$peer" ]; then
    # A node that has not what the site says can run jobs without an MPI: a launcher says so when it needs it.
    network_of "$peer" "$network" || ph_interface='' ph_prefix=''
    umask 022
    printf '%s %s %s\n' "${ph_interface:--}" "${ph_prefix:--}" "${network:--}" >"$new/network"
    set -- "$new"/*
fi
# shellcheck disable=SC3067 # dash, bash and busybox know it
[ ! -O "$new" ] || chown -R "$uid:$gid" "$new"
if [ -d "$dir" ]; then
    # Who is told of no peer does not know the network, and leaves it as the job's start has found it.
    facts() { (cd "$1" && stat -c '%n %F %a %u %g' -- . * | if [ -n "$peer" ]; then cat; else grep -v '^network '; fi); }
    same=yes
    [ "$(facts "$new")" = "$(facts "$dir")" ] || same=no
    if [ $same = yes ]; then
        for file in "$@"; do
            [ -d "$file" ] || cmp -s -- "$file" "$dir/${file##*/}" || { same=no; break; }
        done
    fi
    if [ $same = yes ]; then echo same; exit 0; fi
    mv -T -- "$dir" "$old"
fi
mv -T -- "$new" "$dir"
echo changed
