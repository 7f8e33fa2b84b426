# shellcheck shell=sh disable=SC2034 # who includes this takes path, lacking and lacks
# What of a caller's does not count: which LSF root asks, or reads the files of, is nobody's to say but root's.

# no_choices: forgets all variables of LSF's.
no_choices() {
    for name in $(env | sed -n -E 's/^((LSF|LSB|EGO)_[A-Za-z0-9_]*)=.*/\1/p'); do unset "$name"; done
}

# roots_alone FILE: sets path to it without links; fails where anybody but root can put another one there. In a directory with the sticky
# bit nobody else can take away what is root's.
roots_alone() {
    path=$(readlink -f "$1") || return 1
    above=$path
    while :; do
        [ -n "$(find "$above" -maxdepth 0 -user 0 \( ! -perm /022 -o -type d -perm -1000 \))" ] || return 1
        [ "$above" != / ] || return 0
        above=${above%/*}
        above=${above:-/}
    done
}

# choose_lsf PROFILE PROGRAM...: puts LSF's programs into PATH, by the profile.lsf that the site definition names. Where that is empty, and
# the programs are in no usual place, it is that of LSF_ENVDIR, of root's never, else of /etc. Fails with lacking set to missing, unread or
# untrusted, and lacks to the program or the profile.
choose_lsf() {
    asker=$(id -u) chosen=$1
    shift
    # It is no choice of the caller's where the site says it, and none of a job's, whose environment a hook of root's may have.
    if [ -n "$chosen" ] || [ "$asker" = 0 ]; then no_choices; fi
    if [ -n "$chosen" ]; then
        lacking=unread lacks=$chosen
        [ -r "$chosen" ] || return 1
    elif ! has_programs "$@"; then
        chosen=${LSF_ENVDIR:-/etc}/profile.lsf
        [ -r "$chosen" ] || chosen=''
    fi
    if [ -n "$chosen" ]; then
        path=$chosen lacking=untrusted lacks=$chosen
        if [ "$asker" = 0 ]; then roots_alone "$chosen" || return 1; fi
        # shellcheck disable=SC1090 # the site's
        . "$path" </dev/null >/dev/null 2>&1
    fi
    has_programs "$@"
}

has_programs() {
    lacking=missing
    for lacks in "$@"; do command -v "$lacks" >/dev/null || return 1; done
}
