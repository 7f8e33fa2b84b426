# shellcheck shell=sh disable=SC2034 # read by the part that follows
# Runs in a container beside a command, whose life line its own standard input is: where that ends without a last word, the command is
# ended, for whoever had it started is gone, or wants it so. Says "watching" first, and how that went last.
# $1 the mark of the command, a variable with its value; $2 the first signal.
# On standard input: "leader SESSION TIME", as end-execution.sh takes them, once they are known; "done" when there is nothing to watch any
# more.

# What ends all of a user's processes is not to leave the one that nobody watches.
trap '' TERM HUP INT QUIT
mark=$1 signal=$2 session=0 born=0 now=0
. Engines/Docker/execution-processes.sh
echo watching
while read -r word first time; do
    case $word in
        leader) session=$first born=$time ;;
        done) exit 0 ;;
    esac
done
# A command that its caller had asked for, and the engine has not started yet, is waited for.
clock
end=$((now + 300))
while [ "$session" -eq 0 ] && ! left && [ "$now" -lt "$end" ]; do clock; done
end_execution
