#!/usr/bin/env bash
# Runs a command as a shell runs what is typed into it, and says the seconds that it took in a line at the end. A recipe that stands against
# a prompt is run by the shell itself: nothing is started for it but what it starts.
# usage: clock.sh [-o FILE] COMMAND [ARGUMENT...]   (FILE gets what the command writes)
#        clock.sh -s SCRIPT [ARGUMENT...]           (a script of bash, in this shell)
set -euo pipefail
case $1 in
    -o)
        exec 3>"$2"
        shift 2
        clock_begun=${EPOCHREALTIME/[.,]/}
        "$@" >&3 3>&-
        ;;
    -s)
        shift
        clock_begun=${EPOCHREALTIME/[.,]/}
        # shellcheck source=/dev/null
        . "$@"
        ;;
    *)
        clock_begun=${EPOCHREALTIME/[.,]/}
        "$@"
        ;;
esac
took=$((${EPOCHREALTIME/[.,]/} - clock_begun))
printf 'measured by itself: %d.%06d\n' $((took / 1000000)) $((took % 1000000))
