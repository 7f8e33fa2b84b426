# shellcheck shell=sh
# Prints the agents of jobs that were placed into containers: of each a line with the container's id and the second in which it began to
# listen, its arguments in a line each, and an empty line.
# An agent counts that its job's user runs, with the socket in the job's directory, which lies in one of root's: what somebody else calls so
# does not. Whoever ended meanwhile is not among them, and no reason to fail.

# shellcheck disable=SC2062 # the pattern comes by -f
for file in $(printf '%s\n' --label | grep -lszxF -f - /proc/[0-9]*/cmdline); do
    process=${file%/cmdline}
    arguments=$(tr '\0' '\n' <"$file" 2>/dev/null) || continue
    socket=$(printf '%s\n' "$arguments" | sed -n '2{/^serve$/!q};3{p;q}')
    directory=${socket%/agent/socket}
    run=${directory%/*}
    if [ "$directory" = "$socket" ] || [ -L "$directory" ] || [ ! -S "$socket" ]; then continue; fi
    [ "$(stat -c %u -- "$run")" = "$(id -u)" ] || continue
    [ $(( 0$(stat -c %a -- "$run") & 022 )) = 0 ] || continue
    [ "$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "$process/status" 2>/dev/null)" = "$(stat -c %u -- "$directory")" ] || continue
    # The last one of a path: the engine itself may run in a container.
    container=$(sed -n '/.*\([0-9a-f]\{64\}\).*/{s//\1/p;q}' "$process/cgroup" 2>/dev/null)
    started=$(stat -c %Y -- "${socket%/socket}") || continue
    [ -z "$container" ] || printf '%s %s\n%s\n\n' "$container" "$started" "$arguments"
done
