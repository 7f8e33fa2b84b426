# shellcheck shell=sh
# Defines as_owner DIRECTORY COMMAND…: a command as the owner of a job's directory, in place of this shell.

as_owner() {
    owner=$(stat -c '%u %g' -- "$1") || exit 78
    group=${owner#* } owner=${owner% *}
    # shellcheck disable=SC3067 # dash, bash and busybox know it
    if [ -O "$1" ]; then shift && exec "$@"; fi
    shift
    set -- setpriv --reuid "$owner" --regid "$group" --clear-groups --inh-caps=-all --no-new-privs "$@"
    # The owner's process has no way to this one's terminal, into which he could type.
    if (: </dev/tty) 2>/dev/null; then set -- setsid --wait "$@"; fi
    exec "$@"
}
