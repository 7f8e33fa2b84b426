# shellcheck shell=sh
# Tries a login into a container until it works, the deadline passes or the job's directory goes; prints what ssh said last. Then the same
# with the agent beside the container's sshd.
# $1 the deadline in seconds, $2 the client configuration in the job's directory, $3 the node, $4 the directory of the agent's program or
# nothing.
# The configuration is an argument also because the directory's removal knows this process by it: its caller may have been killed.

. Access/Ssh/job-login.sh
. Access/Agent/agent-client.sh
end=$(($(date +%s) + $1))
# This login carries no secret, so it need not have the key exchange that lasts against quantum computers, which takes each side some 50 ms
# of a CPU. A client that has it knows the ^ (OpenSSH 8.5); one that may not do as told says so, and does as it always does.
quick=
! ssh -Q kex 2>/dev/null | grep sntrup761 >/dev/null || quick=KexAlgorithms=^curve25519-sha256
while :; do
    said=$(job_login "${2%/*}" ${quick:+-o "$quick"} -o ConnectTimeout=5 -o ConnectionAttempts=1 "$3" true </dev/null 2>&1) && break
    case $said in *KexAlgorithms*) quick= ;; esac
    [ -e "$2" ] && [ "$(date +%s)" -lt "$end" ] || {
        printf '%s\n' "$said"
        exit 1
    }
    sleep 0.1
done
[ -n "${4-}" ] || exit 0
left=$((end - $(date +%s)))
agent_client "${2%/*}" "$4" --wait $((left > 0 ? left : 0)) --probe
