# shellcheck shell=sh
# Prints the public host key of a static environment.
# $1 its directory. Exit code 71: there is none.

[ -e "$1/host_ed25519_key.pub" ] || exit 71
exec cat -- "$1/host_ed25519_key.pub"
