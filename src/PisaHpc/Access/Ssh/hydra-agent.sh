# shellcheck shell=sh
# What Hydra runs instead of ssh, from a file in the job's directory: sh [-x] FILE NODE COMMAND…

{ set +x; } 2>/dev/null
[ "$1" != -x ] || shift
node=$1
shift
ssh -F "${0%/*}/ssh_config" "$node" env "PISAHPC_RUN=$PISAHPC_RUN" "$@"
code=$?
if [ $code = 255 ]; then
    echo "$PISAHPC_RUN lost $node" >&2
    kill -TERM $PPID
fi
exit $code
