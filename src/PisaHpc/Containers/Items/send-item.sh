# shellcheck shell=sh
# Runs in a container: writes a file or a directory to standard output, as a tar in which it has its own name.
# $1 "other" where this is another user than the container's; $2 the path.
# Exit codes: 66 it is not there, 69 there is no tar; what tar ends with else.

. Containers/Commands/account.sh
[ "$1" != other ] || account
refuse() { echo "$2" >&2; exit "$1"; }
case $2 in
    /*) path=$2 ;;
    *) path=${HOME:-}/$2 ;;
esac
while [ "$path" != "${path%/}" ]; do path=${path%/}; done
[ -e "$path" ] || [ -L "$path" ] || refuse 66 "there is no ${path:-/}"
directory=${path%/*} name=${path##*/}
case $name in
    '' | . | ..) refuse 66 "${path:-/} has no name of its own" ;;
esac
command -v tar >/dev/null || refuse 69 "there is no tar in the container"
cd -- "${directory:-/}" || exit 66
exec tar -cf - "./$name"
