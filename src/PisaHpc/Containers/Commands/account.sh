# shellcheck shell=sh
# begin_in DIRECTORY: goes to the working directory, or without one to the user's home, or / where that is not there. Exit code 78: there is
# no such directory.
begin_in() {
    if [ -n "$1" ]; then
        cd -- "$1" || exit 78
    else
        cd -- "${HOME:-/}" 2>/dev/null || cd /
    fi
}

# account: sets the variables that a login sets and that are not there yet, of this process's user, as the container's accounts have
# them. Names begin so that no variable of the command's, which it would see changed, is one of them.

account() {
    pisahpc_entry=$(getent passwd "$(id -u)" 2>/dev/null || grep "^[^:]*:[^:]*:$(id -u):" /etc/passwd 2>/dev/null)
    pisahpc_home=${pisahpc_entry%:*}
    [ -n "${HOME+there}" ] || HOME=${pisahpc_home##*:}
    [ -n "${SHELL+there}" ] || SHELL=${pisahpc_entry##*:}
    [ -n "$HOME" ] || HOME=/
    [ -n "$SHELL" ] || SHELL=/bin/sh
    export HOME SHELL
    [ -n "$pisahpc_entry" ] || return 0
    [ -n "${USER+there}" ] || USER=${pisahpc_entry%%:*}
    [ -n "${LOGNAME+there}" ] || LOGNAME=$USER
    export USER LOGNAME
}
