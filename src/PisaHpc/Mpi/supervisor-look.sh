# shellcheck shell=sh disable=SC2154 # what begins with ph_ is set by the part before
# Defines look, which says what the run's processes do: one line for each, and a last one. Arguments end at the run's mark, because what
# stands behind the mark in a line is taken for a word of the module's.

look() {
    # shellcheck disable=SC2013 # paths without blanks
    for file in $(grep -lazx "PISAHPC_RUN=$ph_run" /proc/[0-9]*/environ 2>/dev/null); do
        pid=${file#/proc/} pid=${pid%/environ}
        stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
        arguments=$(tr '\0\n' '  ' <"/proc/$pid/cmdline" 2>/dev/null | head -c 400)
        set -f
        # shellcheck disable=SC2086 # the fields' words
        set -- ${stat##*) }
        set +f
        say look "$pid" "$1" $((${12} + ${13})) "${arguments%%"$ph_run"*}"
    done
    files=-
    while read -r max open which soft _; do
        [ "$max $open $which" != 'Max open files' ] || files=$soft
    done <"/proc/$ph_launcher/limits"
    say looked "$ph_launcher" "$files"
} 2>/dev/null
