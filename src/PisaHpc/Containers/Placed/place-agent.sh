# shellcheck shell=sh
# Runs in a static environment's container, as root: starts a job's agent, which becomes the job's user, and ends when it listens.
# $1 the job's directory, $2 its port, $3 the agent's program, then its arguments. What the agent says before it has its log is said here.
# Exit code 75: new logins are kept out (nologin(5)), the reason is on standard error. Any other but 0: the agent does not run.

directory=$1 port=$2
shift 2
if [ -e /etc/nologin ]; then
    cat /etc/nologin >&2
    exit 75
fi
[ -d "$directory/agent" ] || {
    echo "it does not see $directory: it was made before jobs were placed into it" >&2
    exit 78
}
# What a caller who was killed asked for may come late, and find the directory of a later run.
found=''
if [ -f "$directory/sshd_config" ]; then
    while read -r key value; do
        if [ "$key" = Port ]; then found=$value; fi
    done <"$directory/sshd_config"
fi
[ "$found" = "$port" ] || {
    echo "$directory is another run's, of port ${found:-none}" >&2
    exit 78
}
[ -x "$1" ] || {
    echo "it does not see $1" >&2
    exit 78
}
"$@" </dev/null >/dev/null &
agent=$!
left=300
while [ ! -S "$directory/agent/socket" ]; do
    kill -0 "$agent" 2>/dev/null || {
        wait "$agent"
        code=$?
        echo "its agent ended with code $code" >&2
        exit "$((code == 75 || code == 0 ? 70 : code))"
    }
    left=$((left - 1))
    [ "$left" -gt 0 ] || {
        kill -s KILL "$agent"
        echo "its agent did not listen within 30 s" >&2
        exit 70
    }
    sleep 0.1
done
