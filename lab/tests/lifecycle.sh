#!/usr/bin/env bash
# Tries out the lab itself, in a second lab beside the one that may be up: up, up again, more nodes, kill -9 of each part, down
# after worse, and nothing left. Uses the first lab's image tars when they are there.
# usage: lifecycle.sh [FILE]   (root; FILE gets the totals: passed, failed, skipped)
#        lifecycle.sh down     ends a second lab whose test was killed
set -euo pipefail
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)/lab.sh
for part in log wait process; do
    # shellcheck source=/dev/null
    source "${lab%/*}/lib/$part.sh"
done

export PISAHPC_LAB_STATE=/var/lib/pisahpc-lab-test PISAHPC_LAB_CACHE=/var/cache/pisahpc-lab-test
export PISAHPC_LAB_PREFIX=labtest PISAHPC_LAB_BRIDGE=pisalab9 PISAHPC_LAB_NETWORK=10.10.19
export PISAHPC_LAB_REGISTRY=registry.labtest PISAHPC_LAB_MARK=pisahpc-lab-test PISAHPC_LAB_SLURM_PORT=6917
export PISAHPC_LAB_USERS='labtest1:4901:4901 labtest2:4902:4902' PISAHPC_LAB_GROUPS='labtest3:4903'
first_cache=/var/cache/pisahpc-lab

# Whatever happened: a lab that nobody knows of would stay.
clean_up() {
    "$lab" down
    rm -rf "$PISAHPC_LAB_CACHE"
}
trap clean_up EXIT
[[ ${1:-} != down ]] || exit 0
totals=${1:-/dev/null}

main() {
    local -r before=$(machine_state)
    "$lab" down
    reuse_images
    check 'the lab comes up' "$lab" up 2
    check 'a node answers by its name' answers labtest02
    check 'its user has the extra group' in_node labtest01 'id -G labtest1 | grep -w 4903 >/dev/null'
    check 'an engine runs the tiny image' in_node labtest01 'docker run --rm --net host pisa/tiny:1 true'
    check 'an adapter shows itself' in_node labtest01 'test -c /dev/infiniband/uverbs0 -a -e /sys/class/infiniband/mlx5_0/ports/1/state'
    check 'a node restarts its engine' in_node labtest01 '/run/engine/engine.sh restart'
    check 'and the lab knows the new one' engine_is_up 0
    check 'up again changes nothing' unchanged "$lab" up
    check 'up 4 adds two' "$lab" up 4
    check 'a new node has the images' in_node labtest04 'docker run --rm --net none pisa/hpc:deb12 true'
    in_node labtest04 'docker run --detach --name kept pisa/tiny:1 sleep 1000' >/dev/null
    boot=$(in_node labtest04 'cat /proc/sys/kernel/random/boot_id')
    check 'a node reboots' "$lab" reboot labtest04
    check 'its containers are on its disk, and none runs' is_kept
    check 'it is another boot' is_booted_since "$boot"
    check 'a Slurm comes up over them' "$lab" batch slurm
    check 'a user has all slots of two nodes' spreads '32 labtest01 24 labtest02'
    check 'a job is in a cgroup of its own' batch_run --ntasks=1 grep -q '/job_[0-9]' /proc/self/cgroup
    check 'a new Slurm changes nothing' unchanged "$lab" batch slurm
    check 'its accounting comes up beside it' "$lab" batch slurm accounting
    check 'a job that ended is in it' is_accounted
    kill_parts
    # A controller that is killed outright has jobs run on that ended in its last seconds: it saves its state now and then.
    controller=$(slurm_pid slurmctld)
    kill -TERM "$controller"
    wait_until 60 'the end of slurmctld' has_ended "$controller"
    kill -KILL "$(slurm_pid munged)" "$(slurm_pid slurmdbd)" "$(pid_of 1 slurmd)"
    check 'up starts what was killed' "$lab" up
    for node in labtest01 labtest02 labtest03; do
        check "$node answers again" answers "$node"
    done
    check 'Slurm is whole again' spreads '32 labtest01 24 labtest02'
    check 'so is its accounting' is_accounted
    in_node labtest02 'docker run --detach --name left --publish 8080:80 pisa/tiny:1 sleep 1000' >/dev/null
    kill -KILL "$(pid_of 0 init)" "$(pid_of 1 dockerd)"
    check 'down ends what is left of it' "$lab" down
    check 'down twice is down once' "$lab" down
    check 'nothing is left' nothing_left "$before"
    count 0
}

passed=0
count() {
    printf '%d passed, %d failed\n' "$passed" "$1"
    printf '%d %d 0\n' "$passed" "$1" >"$totals"
}

check() {
    local -r what=$1
    shift
    "$@" || {
        printf 'FAILED: %s\n' "$what"
        count 1
        exit 1
    }
    printf 'ok: %s\n' "$what"
    passed=$((passed + 1))
}

in_node() {
    "$lab" ssh "$1" "$2"
}

answers() {
    [[ $(in_node "$1" hostname) == "$1" ]]
}

is_kept() {
    [[ $(in_node labtest04 'docker ps --all --format "{{.Names}} {{.State}}"') == 'kept exited' ]]
}

is_booted_since() {
    [[ $(in_node labtest04 'cat /proc/sys/kernel/random/boot_id') =~ ^[0-9a-f-]{36}$ && ${BASH_REMATCH[0]} != "$1" ]]
}

pid_of() {
    "$lab" status --json | sed -n "s/.*\"$2\": \([0-9]*\).*/\1/p" | sed -n "$(($1 + 1))p"
}

slurm_pid() {
    "$lab" status --json | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" | sed -n 1p
}

# batch_run OPTION... PROGRAM...: srun, as a user of the lab.
batch_run() {
    (
        export SLURM_CONF=$PISAHPC_LAB_STATE/slurm/etc/slurm.conf
        cd /
        setpriv --reuid labtest1 --regid labtest1 --init-groups timeout 60 srun --immediate=30 "$@"
    )
}

# spreads EXPECTED: the tasks that 56 slots are, by node.
spreads() {
    [[ $(batch_run --nodelist=labtest01,labtest02 --ntasks=56 hostname | sort | uniq -c | xargs) == "$1" ]]
}

is_accounted() {
    local -r id=$(batch_run --ntasks=1 printenv SLURM_JOB_ID)
    # shellcheck disable=SC2016
    SLURM_CONF=$PISAHPC_LAB_STATE/slurm/etc/slurm.conf timeout 30 bash -c '
        until [[ $(sacct --noheader --parsable2 --allocations --jobs="$1" --format=State) == COMPLETED ]]; do :; done' bash "$id"
}

engine_is_up() {
    [[ -n $(pid_of "$1" dockerd) ]]
}

has_ended() {
    ! process_start_time "$1"
}

kill_parts() {
    kill -KILL "$(pid_of 0 sshd)" "$(pid_of 1 dockerd)" "$(pid_of 2 init)"
}

unchanged() {
    local -r before=$("$lab" status --json)
    "$@"
    [[ $("$lab" status --json) == "$before" ]]
}

reuse_images() {
    mkdir -p "$PISAHPC_LAB_CACHE"
    if [[ -d $first_cache/images ]]; then
        cp -al "$first_cache/images" "$PISAHPC_LAB_CACHE/"
    fi
}

# All of the machine that the lab touches, in the lab's own part where other programs are at work too.
machine_state() {
    ip -o link | grep -E 'labtest|pisalab9' || true
    ip netns | grep labtest || true
    grep labtest /proc/mounts || true
    find /run -maxdepth 1 -name 'pisahpc-lab-test-*'
    readlink /etc/slurm/slurm.conf || true
    cat /etc/hosts /etc/passwd /etc/group /etc/shadow /etc/subuid /etc/subgid
    find /sys/fs/cgroup -type d -path '*pisahpc-lab-test*'
    living slurmdbd
    living mariadbd
    grep -lzE '[l]abtest|pisahpc-lab-tes[t]' /proc/[0-9]*/cmdline 2>/dev/null || true
}

# living NAME: the processes of that name, without those that have ended and that nobody has waited for yet: a machine's first process may
# take its time over that.
living() {
    local pid
    for pid in $(pgrep --exact "$1"); do
        has_ended "$pid" || printf '%s %s\n' "$1" "$pid"
    done
}

nothing_left() {
    diff <(printf '%s\n' "$1") <(machine_state) && [[ ! -e $PISAHPC_LAB_STATE ]]
}

main
