# shellcheck shell=sh
# Defines job_login DIRECTORY SSH_ARGUMENTS…: ssh with the configuration of a job's directory, as the directory's owner.

job_login() (
    directory=$1
    shift
    owner=$(stat -c %u -- "$directory") && group=$(stat -c %g -- "$directory") || exit 255
    cd /
    [ "$(id -u)" != "$owner" ] || exec ssh -F "$directory/ssh_config" "$@"
    set -- setpriv --reuid "$owner" --regid "$group" --clear-groups --inh-caps=-all ssh -F "$directory/ssh_config" "$@"
    ! getent passwd "$owner" >/dev/null || exec "$@"
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
)
