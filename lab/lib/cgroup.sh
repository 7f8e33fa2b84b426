# shellcheck shell=bash
# Each node is a cgroup of its own, and the root of its cgroup namespace: its engine's containers are beneath it, and
# what the node started can be told from everything else on the machine. Both cgroup versions, and the hybrid of both.

readonly CGROUP_ROOT=/sys/fs/cgroup

cgroup_is_unified() {
    [[ -e $CGROUP_ROOT/cgroup.controllers ]]
}

# Prints the mount points of all hierarchies.
cgroup_hierarchies() {
    local -A seen=()
    local point type
    while read -r _ point type _; do
        if [[ $type == cgroup || $type == cgroup2 ]] && [[ -z ${seen[$point]:-} ]]; then
            seen[$point]=1
            printf '%s\n' "$point"
        fi
    done </proc/mounts
}

cgroup_create() {
    local -r node=$1
    local hierarchy parent dir file
    while read -r hierarchy; do
        parent=$hierarchy
        for dir in "$hierarchy/$LAB_MARK" "$hierarchy/$LAB_MARK/$node"; do
            mkdir -p "$dir"
            # A v1 cpuset takes no process before it has cpus and memory nodes.
            for file in cpuset.cpus cpuset.mems; do
                if ! cgroup_is_unified && [[ -e $dir/$file && -z $(<"$dir/$file") ]]; then
                    cat "$parent/$file" >"$dir/$file"
                fi
            done
            parent=$dir
        done
    done < <(cgroup_hierarchies)
    if cgroup_is_unified; then
        cgroup_delegate "$CGROUP_ROOT"
        cgroup_delegate "$CGROUP_ROOT/$LAB_MARK"
    fi
}

# Version 2: gives the children of a cgroup all the controllers that it has itself.
cgroup_delegate() {
    local controller
    for controller in $(<"$1/cgroup.controllers"); do
        printf '+%s' "$controller" >"$1/cgroup.subtree_control"
    done
}

# Moves the calling process into the node's cgroup: cgroup_enter NODE
cgroup_enter() {
    local hierarchy
    while read -r hierarchy; do
        printf '%s' "$BASHPID" >"$hierarchy/$LAB_MARK/$1/cgroup.procs"
    done < <(cgroup_hierarchies)
}

# Version 2 knows no processes beside child cgroups: the node's own go to the child `init`, as a container's do.
cgroup_settle() {
    local -r dir=$CGROUP_ROOT/$LAB_MARK/$1
    cgroup_is_unified || return 0
    mkdir -p "$dir/init"
    wait_until 10 "the move of $1's processes to $dir/init" cgroup_move_all "$dir" "$dir/init"
    cgroup_delegate "$dir"
}

# Whether there was nothing left to move: a process may fork while it waits for its turn.
cgroup_move_all() {
    local pids pid
    mapfile -t pids <"$1/cgroup.procs"
    for pid in "${pids[@]}"; do
        { printf '%s' "$pid" >"$2/cgroup.procs"; } 2>/dev/null || [[ ! -d /proc/$pid ]]
    done
    ((${#pids[@]} == 0))
}

# Prints the pids of the node's own daemons and logins, without those in containers.
cgroup_own_processes() {
    if cgroup_is_unified; then
        cat "$CGROUP_ROOT/$LAB_MARK/$1/init/cgroup.procs"
    else
        cat "$CGROUP_ROOT/pids/$LAB_MARK/$1/cgroup.procs"
    fi
}

# Prints the pids of everything that still runs in the node, containers included.
cgroup_processes() {
    local hierarchy
    while read -r hierarchy; do
        [[ -d $hierarchy/$LAB_MARK/$1 ]] || continue
        find "$hierarchy/$LAB_MARK/$1" -name cgroup.procs -exec cat {} + 2>/dev/null
    done < <(cgroup_hierarchies) | sort -un
}

cgroup_is_empty() {
    [[ -z $(cgroup_processes "$1") ]]
}

# cgroup_remove NODE, or all of the lab's with no argument.
cgroup_remove() {
    local hierarchy dir
    while read -r hierarchy; do
        dir=$hierarchy/$LAB_MARK${1:+/$1}
        [[ -d $dir ]] || continue
        find "$dir" -depth -type d -exec rmdir {} \; || fail "cgroup $dir is still in use"
    done < <(cgroup_hierarchies)
}
