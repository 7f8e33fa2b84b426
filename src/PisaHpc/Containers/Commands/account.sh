# shellcheck shell=sh
# Defines account: sets the variables that a login sets, of this process's user, as the container's accounts have them.

account() {
    SHELL=/bin/sh HOME=/
    entry=$(getent passwd "$(id -u)" 2>/dev/null || grep "^[^:]*:[^:]*:$(id -u):" /etc/passwd 2>/dev/null)
    if [ -n "$entry" ]; then
        USER=${entry%%:*} SHELL=${entry##*:} HOME=${entry%:*}
        HOME=${HOME##*:} LOGNAME=$USER
        export USER LOGNAME
    fi
    export HOME SHELL
    unset entry
}
