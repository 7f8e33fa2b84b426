# shellcheck shell=sh
# The main process of a container in which nothing listens: sleeps until it is told to end.
# Where the engine puts no init before it, it is the first process: it has to end by itself on TERM, which the kernel withholds from a
# first process that does not ask for it, and to reap what is left to it, which a waiting shell does.

trap 'exit 0' TERM INT HUP
command -v sleep >/dev/null || exit 127
while :; do
    sleep 86400 &
    wait $!
done
