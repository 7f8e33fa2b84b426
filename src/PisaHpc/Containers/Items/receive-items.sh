# shellcheck shell=sh
# Runs in a container: takes files and directories from a tar on standard input. They come into a directory of their own beside where they
# belong, and are renamed when all of them are there: nothing has its name before it is whole.
# $1 "other" where this is another user than the container's; $2 the destination, an existing directory, or for a single item its new name;
# how many items there are is $3.
# The tar has the items below "items", and a file "whole" at its end.
# Exit codes: 66 the destination is not there, 69 there is no tar, 73 they could not be written.

. Containers/Commands/account.sh
[ "$1" != other ] || account
refuse() { echo "$2" >&2; exit "$1"; }
case $2 in
    /*) destination=$2 ;;
    *) destination=${HOME:-}/$2 ;;
esac
if [ -d "$destination" ]; then
    directory=$destination name=
else
    directory=${destination%/*} name=${destination##*/}
    [ "$3" -eq 1 ] && [ -n "$name" ] || refuse 66 "there is no directory $destination"
    [ -d "${directory:=/}" ] || refuse 66 "there is no directory $directory"
fi
command -v tar >/dev/null || refuse 69 "there is no tar in the container"
work=$(mktemp -d "$directory/.pisahpc-copy.XXXXXX") || exit 73
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 143' TERM INT PIPE

# place FROM TO: what is a directory on both sides is joined. A symbolic link that stands there is replaced, and never followed.
place() {
    if [ -d "$1" ] && [ ! -L "$1" ] && [ -d "$2" ] && [ ! -L "$2" ]; then
        for inner in "$1"/* "$1"/.[!.]* "$1"/..?*; do
            [ -e "$inner" ] || [ -L "$inner" ] || continue
            place "$inner" "$2/${inner##*/}" || return
        done
        return
    fi
    if [ -d "$2" ] && [ ! -L "$2" ]; then
        echo "$2 is a directory, and stays" >&2
        return 1
    fi
    # A directory that its owner may not write to cannot be renamed (rename(2)).
    if [ -L "$1" ] || [ ! -d "$1" ] || [ -w "$1" ]; then
        mv -fT -- "$1" "$2"
    else
        chmod u+w "$1" && mv -fT -- "$1" "$2" && chmod u-w "$2"
    fi
}

tar -xpof - -C "$work" || exit 73
[ -e "$work/whole" ] || refuse 73 "not all of it came"
for item in "$work"/items/* "$work"/items/.[!.]* "$work"/items/..?*; do
    [ -e "$item" ] || [ -L "$item" ] || continue
    place "$item" "$directory/${name:-${item##*/}}" || exit 73
done
