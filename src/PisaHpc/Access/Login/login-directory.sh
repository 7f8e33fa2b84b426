# shellcheck shell=sh
# Makes a static environment's directory, and the one above it, where they are missing, and requires that both are root's alone, for no
# link or file of another to be followed. dir is the directory. Exit code 70: refused, the reason is on standard error.

refuse() { echo "$1" >&2; exit 70; }
own() {
    [ ! -L "$1" ] || refuse "$1 is a symbolic link"
    [ "$(stat -c %u -- "$1")" = "$(id -u)" ] || refuse "$1 does not belong to $(id -un)"
    [ $(( 0$(stat -c %a -- "$1") & 022 )) = 0 ] || refuse "$1 can be written to by others than its owner"
}
umask 022
mkdir -p -- "${dir%/*}"
own "${dir%/*}"
umask 077
[ -e "$dir" ] || mkdir -- "$dir" 2>/dev/null || [ -d "$dir" ]
own "$dir"
