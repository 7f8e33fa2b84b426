#!/bin/sh
# What systemd is to docker.service elsewhere: the node's engine is started, told to read its configuration again, or restarted.
# It runs in the node, also over ssh. Usage: engine.sh start|reload|restart. The engine's arguments stand in engine.args beside it,
# a line each; its settings in /etc/docker/daemon.json, which is the node's own.
set -eu
home=$(dirname "$0")
log=$home/dockerd.log
pid_file=/run/docker.pid
socket=/run/docker.sock

# With live-restore the engine's end is not its containers'. As with systemd, a restart has worked when the engine answers.
main() {
    case ${1:-} in
        start) launch ;;
        reload) kill -HUP "$(running)" ;;
        restart)
            if pid=$(running); then
                kill -TERM "$pid"
                wait_for 30 gone "$pid" || { echo "dockerd $pid does not end" >&2; exit 1; }
            fi
            launch
            if ! wait_for 60 settled || ! answers; then
                echo "dockerd does not start: $(tail -n 3 "$log")" >&2
                exit 1
            fi
            ;;
        *) echo "usage: $0 start|reload|restart" >&2; exit 2 ;;
    esac
}

launch() {
    rm -f "$pid_file" "$socket" "$home/engine.pid"
    set -f
    IFS='
'
    # Arguments without line ends, one a line; setsid leaves the daemon to the node's init.
    # shellcheck disable=SC2046,SC2016
    setsid -f sh -c 'echo $$ >"$1"; shift; exec dockerd "$@"' sh "$home/engine.pid" $(cat "$home/engine.args") </dev/null >>"$log" 2>&1
    wait_for 10 test -s "$home/engine.pid"
}

# The pid of the engine, which may not have come as far as its own pid file.
running() {
    for file in "$pid_file" "$home/engine.pid"; do
        if [ -s "$file" ] && alive "$(cat "$file")"; then
            cat "$file"
            return
        fi
    done
    echo 'no dockerd runs' >&2
    return 1
}

# A moment long it is the shell that becomes it.
alive() {
    case $(cat "/proc/$1/comm" 2>/dev/null) in dockerd | sh) true ;; *) false ;; esac
}

gone() {
    ! alive "$1"
}

settled() {
    answers || ! alive "$(cat "$home/engine.pid")"
}

answers() {
    docker -H "unix://$socket" version >/dev/null 2>&1
}

# wait_for SECONDS CONDITION...
wait_for() {
    end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -le "$end" ] || return 1
        sleep 0.05
    done
}

main "$@"
