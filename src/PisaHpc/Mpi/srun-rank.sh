# shellcheck shell=sh
# A rank that srun started, which says what one of rank.sh does. Its variables come as one, since the agent would drop a PATH of them.
# $@ the rank's command; none where it comes with the variables.

trap : USR1 USR2
eval "$PISAHPC_VARIABLES"
unset PISAHPC_VARIABLES
printf '%s start\n' "$PISAHPC_RUN" >&2
"$@"
code=$?
printf '%s exit %d\n' "$PISAHPC_RUN" $code >&2
exit $code
