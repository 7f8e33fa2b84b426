# shellcheck shell=sh disable=SC2034 # who includes this takes path
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
