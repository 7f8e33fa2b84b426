# shellcheck shell=sh disable=SC2034,SC2154 # who includes this has records, container and mark, and takes count
# A look at a container's processes while none of them can begin another or end: the kernel's freezer (cgroup.freeze of version 2, the
# freezer controller of version 1). All users' processes stand still for some hundredths of a second.
# RUN/.placed/.frozen is the lock of that. It has in it what lets the container go on, for whoever comes after one who was killed.

root='' holding=''
# thaw: lets the container go on, if this has frozen it or one who was killed. Who calls it has the lock, and gives it back. Where that
# fails, the word stays for the next turn.
thaw() {
    [ -n "$holding" ] || return 0
    if read -r word file <"$records/.frozen"; then echo "$word" >"$file" || [ ! -e "$file" ] || return 1; fi
    : >"$records/.frozen"
    exec 7>&-
    holding=''
} 2>/dev/null
# hold_freezer SECONDS: waits so long for the lock.
hold_freezer() {
    exec 7>>"$records/.frozen"
    flock -w "$1" 7 && holding=yes
}
# thaw_left: lets go on what one who was killed left frozen.
thaw_left() {
    [ ! -s "$records/.frozen" ] || ! hold_freezer 0 || thaw
}
# is_frozen: whether the group stands still.
is_frozen() {
    case $version in
        1) read -r word <"$group/freezer.state" && [ "$word" = FROZEN ] ;;
        2) grep -qs '^frozen 1$' "$group/cgroup.events" ;;
    esac
}
# members: prints the process ids of the container.
members() { find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null; }
# freeze: fails where the kernel cannot, where somebody else has, and where this shell would stand still too.
freeze() {
    know_groups "$container"
    find_group "$container" freezer || return 1
    case $version in
        1) set -- FROZEN THAWED "$group/freezer.state" ;;
        2) set -- 1 0 "$group/cgroup.freeze" ;;
    esac
    if [ ! -w "$3" ] || is_frozen || members | grep -qx "$$"; then return 1; fi
    printf '%s %s\n' "$2" "$3" >"$records/.frozen"
    echo "$1" >"$3" || return 1
    look_at_clock
    last=$((now + 200))
    # What waits for a disk stands still later than the others, and begins nothing meanwhile.
    while ! is_frozen && look_at_clock && [ "$now" -lt "$last" ]; do sleep 0.01; done
}
# kill_frozen: sends KILL to what carries the mark, all at once, and sets count to how many they were. Fails where that cannot be had.
kill_frozen() {
    count=0
    thaw_left
    hold_freezer 20 || return 1
    freeze || { thaw; return 1; }
    for found in $(members | sed 's|.*|/proc/&/status|' | name_carriers); do
        count=$((count + 1)) found=${found%/status}
        kill -s KILL "${found#/proc/}" 2>/dev/null || :
    done
    thaw
}
