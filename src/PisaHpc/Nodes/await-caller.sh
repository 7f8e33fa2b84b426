# shellcheck shell=sh
# await_caller SECONDS: returns when whoever asked for a command is gone. Its standard input has ended then, or no byte came for so long: a
# host that vanished ends no connection, and sshd would find out after two hours (tcp(7), tcp_keepalive_time).
# Without timeout(1) only the end counts.

await_caller() {
    if command -v timeout >/dev/null; then
        while [ -n "$(timeout "$1" dd bs=1 count=1 2>/dev/null)" ]; do :; done
    else
        while read -r _; do :; done
    fi
}
