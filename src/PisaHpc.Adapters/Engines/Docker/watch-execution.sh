# shellcheck shell=sh disable=SC2034 # read by the part that follows
# Runs in a container beside a command, whose life line its own standard input is: where that ends without a last word, whoever had the
# command started is gone, and the command is ended. Says "watching" first.
# $1 the mark of the command, a variable with its value; $2 the first signal.
# On standard input: "leader SESSION TIME", as end-execution.sh takes them, once they are known; "done" when there is nothing to watch any
# more.

mark=$1 signal=$2 session=0 born=''
. Engines/Docker/execution-processes.sh
echo watching
while read -r word first time; do
    case $word in
        leader) session=$first born=$time ;;
        done) exit 0 ;;
    esac
done
# A command that its caller had asked for, and the engine has not started yet, is waited for.
round=0
while [ "$session" -eq 0 ] && ! left && [ $round -lt 30 ]; do
    round=$((round + 1))
    pause
done
end_execution
