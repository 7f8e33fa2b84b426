# shellcheck shell=sh
# Tries a login into a container until it works, the deadline passes or the job's directory goes; prints what ssh said last. Then the same
# with the agent beside the container's sshd.
# $1 the deadline in seconds, $2 the client configuration in the job's directory, $3 the node, $4 the directory of the agent's program or
# nothing.
# The configuration is an argument also because the directory's removal knows this process by it: its caller may have been killed.

. Access/Ssh/job-login.sh
. Access/Agent/agent-client.sh
. Nodes/clock.sh
look_at_clock
end=$((now + $1 * 100))
relay_to "$3" "${4-}"
while :; do
    said=$(job_login "${2%/*}" ${quick:+-o "$quick"} ${relay:+-o "$relay"} -o ConnectTimeout=5 -o ConnectionAttempts=1 \
        "$3" true </dev/null 2>&1) && break
    case $quick$said in KexAlgorithms*KexAlgorithms*) quick= && continue ;; esac
    case $relay$said in ProxyCommand=*'usage: pisahpc-run'*) relay= && continue ;; esac
    look_at_clock
    [ -e "$2" ] && [ "$now" -lt "$end" ] || {
        printf '%s\n' "$said"
        exit 1
    }
    sleep 0.1
done
[ -n "${4-}" ] || exit 0
look_at_clock
left=$(((end - now) / 100))
agent_client "${2%/*}" "$4" --wait $((left > 0 ? left : 0)) --probe
