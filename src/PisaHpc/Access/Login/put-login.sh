# shellcheck shell=sh
# Puts the configuration of a static environment's sshd into its directory, and makes the directory and its host key where they are missing.
# $1 the directory, $2 the configuration's file name. Standard input is the configuration.
# Exit code 70: refused, the reason is on standard error. A key that is there stays.

set -eu
dir=$1 config=$2
. Access/Login/login-directory.sh
cd -- "$dir"
exec 9>.lock
flock 9
rm -f .new.*
trap 'rm -f .new.*' EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
if [ ! -e host_ed25519_key ]; then
    ssh-keygen -q -t ed25519 -N '' -C "static ${dir##*/}" -f .new.key </dev/null >&2
    sync .new.key 2>/dev/null || sync
    mv -- .new.key host_ed25519_key
fi
ssh-keygen -y -f host_ed25519_key </dev/null >.new.pub
mv -- .new.pub host_ed25519_key.pub
printf 'pisahpc-static %s\n' "$(cat host_ed25519_key.pub)" >.new.known
mv -- .new.known known_hosts
cat >.new.config
chmod 644 .new.config host_ed25519_key.pub known_hosts
mv -- .new.config "$config"
