# shellcheck shell=sh
# Defines job_login DIRECTORY SSH_ARGUMENTS…: ssh with the configuration of a job's directory, as the directory's owner, in place of this
# shell; and what makes a login short: the option quick, and relay_to NODE PROGRAM SECONDS, which sets the option relay. Either may be
# empty.

# The key exchange that lasts against quantum computers takes each side some 50 ms of a CPU, and nobody records what a node says to its own
# container. A client may not know the ^ (before OpenSSH 8.5), or may not do as told.
# shellcheck disable=SC2034 # for whoever logs in
quick=KexAlgorithms=^curve25519-sha256

# The agent's program, whose directory PROGRAM is, as the way to the sshd: it waits for nobody's acknowledgements, and SECONDS until
# somebody listens. The program of a container that was made before there were relays knows none.
relay_to() {
    relay=
    case $2 in
        '' | *[!A-Za-z0-9/._-]*) ;; # ssh gives a meaning to some characters
        *)
            while read -r address kind _; do
                case $kind-$address in
                    STREAM-*[!0-9A-Fa-f.:]*) ;;
                    STREAM-?*) relay="${relay:-ProxyCommand=$2/pisahpc-run --wait $3 --relay %p} $address" ;;
                esac
            done <<END
$(getent ahosts "$1")
END
            ;;
    esac
    # By which ssh has that started.
    export SHELL=/bin/sh
}

# An account that is taken for known is not looked for: ssh says where it does not exist.
known=
job_login() {
    directory=$1
    shift
    owner=$(stat -c '%u %g' -- "$directory") || exit 255
    group=${owner#* } owner=${owner% *}
    cd /
    # shellcheck disable=SC3067 # dash, bash and busybox know it
    [ ! -O "$directory" ] || exec ssh -F "$directory/ssh_config" "$@"
    set -- setpriv --reuid "$owner" --regid "$group" --clear-groups --inh-caps=-all ssh -F "$directory/ssh_config" "$@"
    if [ -n "$known" ] || getent passwd "$owner" >/dev/null; then exec "$@"; fi
    # shellcheck disable=SC2016 # for the inner shell to expand
    exec unshare --mount sh -ec '
        account="pisahpc-$1:x:$1:$2::/:/bin/sh"
        shift 2
        umask 022
        mount --make-rslave /
        mount -t tmpfs -o mode=755,size=16m none /tmp
        { cat /etc/passwd; printf "%s\n" "$account"; } >/tmp/passwd
        mount --bind /tmp/passwd /etc/passwd
        umount /tmp
        exec setpriv --no-new-privs "$@"' account "$owner" "$group" "$@"
}
