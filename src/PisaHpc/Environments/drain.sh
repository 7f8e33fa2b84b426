# shellcheck shell=sh
# Runs in a container, as root: keeps new logins out and waits until no process of a user is left, or the time is up. Says idle, or busy
# and how many are left. Logins stay out as long as whoever asked is there, or until the container ends.
# $1 the seconds to wait, $2 what is said to whoever comes, $3 the file that says it, $4 the seconds after which a silent caller is gone.
# An sshd without PAM lets root alone in where /etc/nologin is (sshd(8)). It is a link to a file in the container's /dev, which its engine
# makes anew at each start: so a container that starts again, after a power cut or to be put back, lets users in.

. Nodes/await-caller.sh
. Environments/users.sh
watch_users() {
    left=$1
    count_users /proc /etc/login.defs
    while [ "$count" -gt 0 ]; do
        [ "$left" -gt 0 ] || {
            printf 'busy %s\n' "$count"
            return
        }
        sleep 1
        left=$((left - 1))
        count_users /proc /etc/login.defs
    done
    echo idle
}

# One that an admin put there stays; ours may be left of a drain that was killed.
said=''
[ ! -e /etc/nologin ] || read -r said </etc/nologin || :
if [ ! -e /etc/nologin ] || [ "$said" = "$2" ]; then
    trap 'rm -f /etc/nologin "$3"' EXIT
    trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE
    { printf '%s\n' "$2" >"$3" && ln -sf "$3" /etc/nologin; } || exit 73
fi
watch_users "$1" &
watch=$!
await_caller "$4"
kill "$watch" 2>/dev/null || :
