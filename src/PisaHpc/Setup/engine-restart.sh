# shellcheck shell=sh
# Waits for the guard, which restarts the engine in a session of its own, prints what it said and ends with its code.
# $1 the text of engine-restart-guard.sh, $2 the SHA-256 of standard input, since a connection that breaks is an end of file too; then
# the guard's arguments. What it says goes to a file without a name and not to a pipe, whose reader may die.

set -eu
guard=$1; hash=$2; shift 2
said=; keeping=
trap 'rm -f "$said" "$keeping"' EXIT
trap 'exit 1' HUP INT PIPE TERM
said=$(mktemp)
keeping=$(mktemp)
cat > "$keeping"
if [ "$(sha256sum < "$keeping" | cut -d ' ' -f 1)" != "$hash" ]; then
  echo 'the connection broke before all of it had come' >&2; exit 24
fi
# shellcheck disable=SC2094 # written here first, read at the end
exec 3> "$said" 4< "$keeping" 5< "$said"
rm -f "$said" "$keeping"
setsid sh -c "$guard" Setup/engine-restart-guard.sh "$@" < /dev/null > /dev/null 2>&1 &
code=0; wait $! || code=$?
cat <&5
exit $code
