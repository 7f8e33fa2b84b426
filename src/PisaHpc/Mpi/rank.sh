# shellcheck shell=sh
# A rank says itself that it started and how it ended, and survives the signals by which a program may be told to save its state.
# $@ the rank's command. It is one line, since launchers hand it on in ways of their own.

trap : USR1 USR2; printf '%s start\n' "$PISAHPC_RUN" >&2; "$@"; code=$?; printf '%s exit %d\n' "$PISAHPC_RUN" $code >&2; exit $code
