# shellcheck shell=sh
# Tries a login into a container until it works, the deadline passes or the job's directory goes; prints what ssh said last.
# $1 the deadline in seconds, $2 the client configuration in the job's directory, $3 the node.
# The configuration is an argument also because the directory's removal knows this process by it: its caller may have been killed.

. Access/Ssh/job-login.sh
end=$(($(date +%s) + $1))
while :; do
    said=$(job_login "${2%/*}" -o ConnectTimeout=5 -o ConnectionAttempts=1 "$3" true </dev/null 2>&1) && exit 0
    [ -e "$2" ] && [ "$(date +%s)" -lt "$end" ] || break
    sleep 0.1
done
printf '%s\n' "$said"
exit 1
