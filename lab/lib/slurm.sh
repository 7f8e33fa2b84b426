# shellcheck shell=bash
# A real Slurm over the nodes, only where it is asked for: munged and slurmctld on this machine, which is the cluster's head and submit
# host, munged and slurmd on each node; accounting.sh adds slurmdbd. All of it is Debian's.

readonly SLURM_PACKAGES=(slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge libpmix2)
readonly SLURM_DIR=$LAB_STATE/slurm
readonly SLURM_ETC=$SLURM_DIR/etc
readonly SLURM_CONF_FILE=$SLURM_ETC/slurm.conf
# Lines that a site has in its slurm.conf beside those that the lab needs.
readonly SLURM_SITE_CONF=$SLURM_DIR/site.conf
readonly SLURM_MACHINE_CONF=/etc/slurm/slurm.conf
# In /run, which each node has for itself: one munged per machine, and the machine's own, where it has one, is another.
readonly SLURM_MUNGE_RUN=/run/$LAB_MARK-munge
# It puts itself into the background when it listens.
readonly SLURM_MUNGED=(
    setpriv --reuid munge --regid munge --clear-groups
    munged --socket="$SLURM_MUNGE_RUN/socket" --key-file="$SLURM_DIR/munge.key"
    --log-file="$SLURM_MUNGE_RUN/log" --pid-file="$SLURM_MUNGE_RUN/pid" --seed-file="$SLURM_MUNGE_RUN/seed"
)
# Whether one answers already: an `up` that was killed may have started it and recorded nothing.
readonly SLURM_MUNGE_PING=(munge --socket="$SLURM_MUNGE_RUN/socket" --no-input --output=/dev/null)

slurm_is_wanted() {
    [[ -d $SLURM_DIR ]]
}

# slurm_up NODE...: raises what of it does not run. Nodes that came later are made known by a restart of the daemons, which keeps jobs.
slurm_up() {
    packages_install "${SLURM_PACKAGES[@]}"
    mkdir -p "$SLURM_ETC" "$SLURM_DIR/state"
    slurm_link_pmix
    slurm_create_key
    slurm_config "$@" >"$SLURM_CONF_FILE.new"
    mv "$SLURM_CONF_FILE.new" "$SLURM_CONF_FILE"
    slurm_cgroup_config >"$SLURM_ETC/cgroup.conf"
    slurm_link_config
    if ! cmp --silent "$SLURM_CONF_FILE" "$SLURM_DIR/raised.conf"; then
        slurm_stop "$@"
    fi
    slurm_start_munged
    if accounting_is_wanted; then
        accounting_up
    fi
    slurm_start_controller
    for_each_node slurm_node_up "$@"
    wait_until 30 'all nodes in Slurm' slurm_has_nodes "$#" \
        || fail "Slurm does not have all nodes: $(slurm_client sinfo --long --Node 2>&1)"
    cp "$SLURM_CONF_FILE" "$SLURM_DIR/raised.conf"
}

slurm_client() {
    SLURM_CONF=$SLURM_CONF_FILE "$@"
}

slurm_has_nodes() {
    (($(slurm_client sinfo --noheader --Node --states=idle,mixed,allocated --responding --format=%N 2>/dev/null | sort -u | wc -l) == $1))
}

# Debian's Slurm loads PMIx by the name that only the -dev package has; without it `srun --mpi=pmix` hangs.
slurm_link_pmix() {
    local library
    for library in /usr/lib/*/pmix2/lib/libpmix.so.2; do
        if [[ -e $library && ! -e ${library%.2} ]]; then
            printf '%s\n' "${library%.2}" >>"$SLURM_DIR/pmix.link"
            ln -sf libpmix.so.2 "${library%.2}"
        fi
    done
}

# The programs find the cluster without SLURM_CONF too, unless the machine has a Slurm of its own.
slurm_link_config() {
    if [[ ! -e $SLURM_MACHINE_CONF ]]; then
        mkdir -p "${SLURM_MACHINE_CONF%/*}"
        ln -sfn "$SLURM_CONF_FILE" "$SLURM_MACHINE_CONF"
    fi
}

slurm_create_key() {
    local -r key=$SLURM_DIR/munge.key
    [[ ! -e $key ]] || return 0
    (umask 077; head --bytes=128 /dev/urandom >"$key.new")
    chown munge: "$key.new"
    chmod 400 "$key.new"
    mv "$key.new" "$key"
}

# Odd nodes have 32 CPUs and even ones 24, whatever the machine has. Timers are short: tests wait for them.
# cred_expire delays a requeued job, KillWait is between TERM and KILL, SlurmdTimeout until a silent node is down. A job id is a word that
# nothing else is by chance.
slurm_config() {
    local node
    cat <<END
ClusterName=lab
FirstJobId=1000001
SlurmctldHost=$(hostname -s)($LAB_HEAD_ADDRESS)
SlurmctldPort=$LAB_SLURM_PORT
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$SLURM_MUNGE_RUN/socket,cred_expire=5
StateSaveLocation=$SLURM_DIR/state
SlurmdSpoolDir=/run/slurmd
SlurmctldPidFile=/run/$LAB_MARK-slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile=$SLURM_DIR/slurmctld.log
SlurmdLogFile=$LAB_STATE/nodes/%n/slurmd.log
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=256
ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
PropagateResourceLimits=NONE
ReturnToService=2
KillWait=5
SlurmdTimeout=30
MessageTimeout=30
SchedulerParameters=bf_interval=2,sched_interval=5
JobCompType=jobcomp/filetxt
JobCompLoc=$SLURM_DIR/jobs.txt
JobAcctGatherType=jobacct_gather/cgroup
END
    accounting_config
    for node in "$@"; do
        printf 'NodeName=%s NodeAddr=%s CPUs=%s RealMemory=16384\n' "$node" "$(node_address "$node")" "$(slurm_cpus "$node")"
    done
    printf 'PartitionName=hpc Nodes=ALL Default=YES MaxTime=INFINITE\n'
    if [[ -e $SLURM_SITE_CONF ]]; then
        cat "$SLURM_SITE_CONF"
    fi
}

slurm_cpus() {
    local -r number=$((10#${1#"$LAB_NODE_PREFIX"}))
    printf '%s' "$((number % 2 ? 32 : 24))"
}

# No ConstrainCores: the machine has fewer cores than its nodes say.
slurm_cgroup_config() {
    printf 'CgroupPlugin=%s\nConstrainRAMSpace=yes\n' "$(cgroup_is_unified && printf cgroup/v2 || printf cgroup/v1)"
}

slurm_start_munged() {
    if ! process_alive "$SLURM_DIR/munged.pid"; then
        if ! "${SLURM_MUNGE_PING[@]}" 2>/dev/null; then
            install -d -m 755 -o munge -g munge "$SLURM_MUNGE_RUN"
            (process_close_descriptors; exec "${SLURM_MUNGED[@]}") </dev/null || fail "munged does not start: see $SLURM_MUNGE_RUN/log"
        fi
        process_record "$SLURM_DIR/munged.pid" "$(<"$SLURM_MUNGE_RUN/pid")" || fail "munged ended: see $SLURM_MUNGE_RUN/log"
    fi
}

slurm_start_controller() {
    if ! process_alive "$SLURM_DIR/slurmctld.pid"; then
        (
            process_close_descriptors
            cd /
            exec setsid slurmctld -D -f "$SLURM_CONF_FILE"
        ) </dev/null >"$SLURM_DIR/slurmctld.out" 2>&1 &
        process_record "$SLURM_DIR/slurmctld.pid" $!
        wait_until 20 slurmctld slurm_controller_answers || fail "slurmctld does not start: $(tail -n 3 "$SLURM_DIR/slurmctld.log")"
    fi
}

slurm_controller_answers() {
    process_alive "$SLURM_DIR/slurmctld.pid" || fail "slurmctld ended: $(tail -n 3 "$SLURM_DIR"/slurmctld.{out,log})"
    slurm_client scontrol ping >/dev/null 2>&1
}

slurm_node_up() {
    local -r node=$1
    local munge_run
    if ! node_alive "$node" munged; then
        node_run "$node" install -d -m 755 -o munge -g munge "$SLURM_MUNGE_RUN"
        munge_run=$(dirname "$(node_pid_file "$node" munged)")
        node_start_daemon "$node" munged "$munge_run/log" "${SLURM_MUNGED[@]}"
    fi
    if ! node_alive "$node" slurmd; then
        # A job's programs find the cluster in /etc/slurm, whatever the machine has.
        # shellcheck disable=SC2016
        node_start_daemon "$node" slurmd "$(node_dir "$node")/slurmd.log" sh -c '
            mountpoint --quiet /etc/slurm || mount --bind "$1" /etc/slurm
            exec slurmd -f "$1/slurm.conf" -N "$2"' sh "$SLURM_ETC" "$node"
    fi
}

# slurm_stop NODE...: the controller and the nodes' daemons. Jobs go on without them.
slurm_stop() {
    local node
    process_end "$SLURM_DIR/slurmctld.pid" 10
    for node in "$@"; do
        process_end "$(node_dir "$node")/slurmd.pid" 10
    done
}

# What is on the nodes ends with them.
slurm_down() {
    slurm_is_wanted || return 0
    process_end "$SLURM_DIR/slurmctld.pid" 10
    accounting_down
    process_end "$SLURM_DIR/munged.pid" 10
    rm -rf "$SLURM_MUNGE_RUN" "/run/$LAB_MARK-slurmctld.pid"
    if [[ $(readlink "$SLURM_MACHINE_CONF") == "$SLURM_CONF_FILE" ]]; then
        rm "$SLURM_MACHINE_CONF"
    fi
    if [[ -s $SLURM_DIR/pmix.link ]]; then
        xargs --delimiter='\n' rm -f <"$SLURM_DIR/pmix.link"
    fi
}
