# shellcheck shell=sh
# Puts the agent's program into its directory: made beside it and renamed, so that it is there whole or not at all.
# $1 the directory, RUN/.agent/NAME; $2 the program's SHA-256. Standard input is the program.
# Exit code 70: refused, the reason is on standard error.
# Many distributions mount /run so that nothing there can be executed: the directory then gets a small tmpfs of its own.

set -eu
refuse() { echo "$1" >&2; exit 70; }
dir=$1 digest=$2
all=${dir%/*}
run=${all%/*}
own() {
    [ ! -L "$1" ] || refuse "$1 is a symbolic link"
    [ "$(stat -c %u -- "$1")" = "$(id -u)" ] || refuse "$1 does not belong to $(id -un)"
    [ $(( 0$(stat -c %a -- "$1") & 022 )) = 0 ] || refuse "$1 can be written to by others than its owner"
}
umask 022
[ -d "$run" ] || mkdir -p -- "$run"
own "$run"
[ -d "$all" ] || mkdir -p -- "$all"
own "$all"
# A file that no user can open, and so hold.
(umask 077 && : >>"$run/.agent.lock")
exec 9>>"$run/.agent.lock"
flock 9
case ,$(findmnt -n -o OPTIONS --target "$all"), in
    *,noexec,*) mount -t tmpfs -o mode=755,nosuid,nodev,size=64m pisahpc "$all" || refuse "nothing can be executed in $all" ;;
esac
exec 9<&-
[ ! -x "$dir/pisahpc-agent" ] || exit 0
new=$(mktemp -d -- "$all/.new.XXXXXX")
trap 'rm -rf -- "$new"' EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
cat >"$new/pisahpc-agent"
[ "$(sha256sum <"$new/pisahpc-agent")" = "$digest  -" ] || refuse "the agent's program did not arrive whole"
chmod 755 -- "$new" "$new/pisahpc-agent"
ln -s pisahpc-agent "$new/pisahpc-run"
"$new/pisahpc-agent" --help >/dev/null 2>&1 || refuse "the agent's program does not run on this $(uname -m) machine"
mv -T -- "$new" "$dir" 2>/dev/null || [ -x "$dir/pisahpc-agent" ] || refuse "$dir cannot be made"
