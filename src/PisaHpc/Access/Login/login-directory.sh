# shellcheck shell=sh
# Makes a static environment's directory, and those above it, where they are missing. It and the one above it have to be the caller's alone,
# and all above those root's or the caller's, so that nobody else can put a link or a file of his in the way. dir is the directory.
# Exit code 70: refused, the reason is on standard error.

refuse() { echo "$1" >&2; exit 70; }
has_mode() { [ $(( 0$(stat -c %a -- "$1") & $2 )) != 0 ]; }
own() {
    [ ! -L "$1" ] || refuse "$1 is a symbolic link"
    [ "$(stat -c %u -- "$1")" = "$(id -u)" ] || refuse "$1 does not belong to $(id -un)"
    ! has_mode "$1" 022 || refuse "$1 can be written to by others than its owner"
}
# One above: of a sticky directory of root's, such as /tmp, others cannot take a name away that is not theirs.
trust() {
    [ ! -L "$1" ] || refuse "$1 is a symbolic link: name the directory that it leads to"
    owner=$(stat -c %u -- "$1")
    [ "$owner" = 0 ] || [ "$owner" = "$(id -u)" ] || refuse "$1 belongs to user id $owner, not to root"
    ! has_mode "$1" 022 || { [ "$owner" = 0 ] && has_mode "$1" 01000; } || refuse "$1 can be written to by others than its owner"
}
# shellcheck disable=SC2154 # the caller's
base=${dir%/*}
above=${base%/*}
while [ -n "$above" ]; do
    if [ -e "$above" ] || [ -L "$above" ]; then trust "$above"; fi
    above=${above%/*}
done
trust /
umask 022
mkdir -p -- "$base"
own "$base"
umask 077
[ -e "$dir" ] || mkdir -- "$dir" 2>/dev/null || [ -d "$dir" ]
own "$dir"
chmod 700 -- "$dir"
