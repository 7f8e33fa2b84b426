# shellcheck shell=sh
# Asks on a node which sshds of static environments greet who comes, all at once: for one look at many, with no key exchange and no process
# in a container. Prints a section, "--- greetings", with a line for each that it can tell of: its process, and why nobody gets in, if so.
# $1 the deadline in seconds, $2 how many; then of each the port and the process id of its container's first process. What follows those
# is left as "$@".
# It cannot tell where there is no bash, where this is not root, of a container that has a nologin(5), and of what takes no connection.

echo '--- greetings'
# What takes no connection holds bash up; timeout ends it with all that it started.
# shellcheck disable=SC2016 # for bash to expand
if [ "$2" -gt 0 ] && command -v bash >/dev/null; then
    timeout -k 1 "$(($1 + 2))" bash -c '
        limit=$1 end=$((SECONDS + $1))
        greets() {
            left=$((end - SECONDS))
            [ "$left" -ge 1 ] || left=1
            said="what listens on port $1 did not greet as an sshd does within $limit s"
            { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || {
                # bash names its own script and line first.
                refused=$({ exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>&1)
                [ -z "$refused" ] || said="port $1: ${refused##*/dev/tcp/127.0.0.1/"$1": }"
                return 1
            }
            # Other lines may come before the version (RFC 4253, section 4.2).
            while read -r -t "$left" line <&3; do case $line in SSH-*) return 0 ;; esac; done
            return 1
        }
        tell() {
            [ -d "/proc/$2/root/etc" ] || return
            until greets "$1"; do
                [ "$SECONDS" -lt "$end" ] || { printf "%s %s\n" "$2" "$said"; return; }
                sleep 0.1
            done
            # What is there the container alone can tell: the nologin of a drain is a link to a file of its own (drain.sh), which would lead
            # to one of the node.
            nologin=/proc/$2/root/etc/nologin
            [ -e "$nologin" ] || [ -L "$nologin" ] || printf "%s\n" "$2"
        }
        count=$2
        shift 2
        while [ "$count" -gt 0 ]; do
            tell "$1" "$2" &
            shift 2
            count=$((count - 1))
        done
        wait' bash "$@"
fi
shift "$((2 + 2 * $2))"
