# shellcheck shell=sh
# Runs a command in a job's container.
# $1 the job's directory, $2 the container's node, $3 the command, a line for a login shell, $4 the directory of the agent's program or
# nothing.

. Access/Ssh/job-login.sh
# What ssh may be told is found out before, since its output is the command's, and while the rest is: it takes the longest. AES-GCM is what
# hardware does, where ssh itself prefers ChaCha20, for CPUs that have none.
ciphers=Ciphers=^aes128-gcm@openssh.com
ssh -F /dev/null -G -o "$quick" -o "$ciphers" "$2" >/dev/null 2>&1 &
relay_to "$2" "${4-}" 1
[ -z "$relay" ] || grep -qs -e --relay "$4/pisahpc-run" || relay=
wait "$!" || quick=
job_login "$1" ${quick:+-o "$quick" -o "$ciphers"} ${relay:+-o "$relay"} "$2" "$3"
