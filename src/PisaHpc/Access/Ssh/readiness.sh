# shellcheck shell=sh
# Tries a login into a container until it works, the deadline passes or the job's directory goes; prints what was said last. Where there is
# an agent beside the container's sshd, what the login runs is the agent's client, which waits until the agent answers.
# $1 the deadline in seconds, $2 the client configuration in the job's directory, $3 the node, $4 the directory of the agent's program or
# nothing.
# The configuration is an argument also because the directory's removal knows this process by it: its caller may have been killed.

. Access/Ssh/job-login.sh
. Access/Agent/agent-client.sh
. Nodes/clock.sh
look_at_clock
end=$((now + $1 * 100))
# To begin ssh and its relay anew takes more of a busy node than to wait.
wait=$(($1 < 5 ? $1 : 5))
relay_to "$3" "${4-}" $wait
known=yes
while :; do
    look_at_clock
    left=$((end > now ? (end - now) / 100 : 0))
    command=true
    [ -z "${4-}" ] ||
        command="exec '$4/pisahpc-run' --socket '${2%/*}/agent/socket' --wait $left --probe"
    said=$(job_login "${2%/*}" ${quick:+-o "$quick"} ${relay:+-o "$relay"} -o ConnectTimeout=$((wait + 5)) -o ConnectionAttempts=1 \
        "$3" "$command" </dev/null 2>&1)
    code=$?
    [ $code != 0 ] || exit 0
    case $quick$said in KexAlgorithms*KexAlgorithms*) quick= && continue ;; esac
    case $relay$said in ProxyCommand=*'usage: pisahpc-run'*) relay= && continue ;; esac
    # In the words of ssh.c, and in those of its older versions.
    case $known$said in yes*'No user exists for uid'* | yes*"You don't exist"*) known= && continue ;; esac
    case ${4:+agent }$code in
        # The login's shell has not the program: a static container sees it elsewhere, and the node's own client asks.
        'agent 1' | 'agent 126' | 'agent 127') agent_client "${2%/*}" "$4" --wait $left --probe ;;
    esac
    look_at_clock
    # With an agent, any code but ssh's own is the client's, which has waited.
    case ${4:+agent }$code in 'agent 255' | [0-9]*) ;; *) end=$now ;; esac
    if [ ! -e "$2" ] || [ "$now" -ge "$end" ]; then
        printf '%s\n' "$said"
        exit 1
    fi
    sleep 0.1
done
