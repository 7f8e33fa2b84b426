#!/bin/sh
# Stands in for HTCondor, which cannot be had here: calls what its startd and starter call, in their order, as the user whom they would,
# with their environment, working directory, streams and rules (HTCondor manual: "Job hooks", USER_JOB_WRAPPER, "Extra environment
# variables"; and condor_starter's source for what the manual leaves open). A job is run to its end before a command returns.
#     htcondor-stand-in.sh TOP up                  makes a configuration, programs, and a condor_starter
#     htcondor-stand-in.sh TOP submit CLUSTER.PROC [NAME=EXPRESSION...] [-- COMMAND...]
#                                                  one job as hpcuser; a script on standard input where there is no command
#     htcondor-stand-in.sh TOP rm CLUSTER.PROC     condor_rm of a job that another process runs
#     htcondor-stand-in.sh TOP condor_config_val|condor_status|condor_q|condor_reconfig ...
# The job's output is TOP/out.ID, what happened to it TOP/events.ID; submit ends with the job's exit code, 250 for a job on hold, 251 for
# one that went back into the queue, 252 for one that was removed. HTCONDOR_STAND_IN_HOST is where it runs, and HTCONDOR_STAND_IN_ENTER the
# command that runs another one there. HTCONDOR_STAND_IN_EXITS=2 runs the exit hook twice.

set -eu
top=$1 verb=$2
shift 2
host=${HTCONDOR_STAND_IN_HOST-o2wn02}
execute=/tmp/pisahpc-execute

# value_in FILE NAME: what the lines of a configuration come to for a name, in any case; $(OTHER) is what it is up to there.
value_in() {
    awk -v wanted="$2" '
        match($0, /^[ \t]*[A-Za-z_0-9.]+[ \t]*=/) {
            name = tolower($0); sub(/[ \t]*=.*/, "", name); sub(/^[ \t]*/, "", name)
            value = $0; sub(/^[^=]*=[ \t]*/, "", value)
            while (match(value, /\$\([A-Za-z_0-9]+\)/)) {
                inner = tolower(substr(value, RSTART + 2, RLENGTH - 3))
                value = substr(value, 1, RSTART - 1) set[inner] substr(value, RSTART + RLENGTH)
            }
            set[name] = value
        }
        END { value = set[tolower(wanted)]; sub(/^[ \t]+/, "", value); if (value != "") print value }' "$1"
}

# config NAME: its value by the files as they are, as a starter has it; the startd has what it read.
config() {
    cat "$top"/config.d/* | value_in - "$1"
}

# attribute NAME: its expression in the job's ad.
attribute() { awk -v wanted="$1" -F ' = ' 'tolower($1) == tolower(wanted) { sub(/^[^=]* = /, ""); print }' "$top/job.$id.ad"; }

event() { printf '%s\n' "$*" >>"$top/events.$id"; }

up() {
    mkdir -p "$top/config.d" "$top/bin" "$top/sbin" "$top/startd"
    cp "$(readlink -f /bin/sh)" "$top/sbin/condor_starter"
    # A node may not have the checkout.
    cp "$0" "$top/sbin/stand-in"
    {
        printf 'LOCAL_CONFIG_DIR = %s/config.d\nSTARTER = %s/sbin/condor_starter\n' "$top" "$top"
        printf 'STARTD_JOB_ATTRS = JobPrio\nSTARTD_ADDRESS_FILE = %s/startd_address\n' "$top"
    } >"$top/config.d/00-site.conf"
    for command in condor_config_val condor_status condor_q condor_reconfig; do
        printf '#!/bin/sh\nexec %s %s %s "$@"\n' "$top/sbin/stand-in" "$top" "$command" >"$top/bin/$command"
        chmod 755 "$top/bin/$command"
    done
    address
    cat "$top"/config.d/* >"$top/read"
}

# address: where the startd listens, which it writes when it begins.
address() {
    (umask 022 && printf '<127.0.0.1:9618?sock=startd>\n' >"$top/startd_address.$$")
    mv -f "$top/startd_address.$$" "$top/startd_address"
}

# startd ID HOST [COMMAND...]: condor_startd, whose child the starter is.
startd() {
    address
    "$top/sbin/condor_starter" "$top/sbin/stand-in" "$top" starter -f -a slot1_1 sched01 -- "$@"
}

# as_user COMMAND...: becomes a command of the job's user, with what the starter sets: no other shell is between the two.
as_user() {
    exec setpriv --reuid=hpcuser --regid=hpcuser --init-groups env -i HOME=/home/hpcuser PATH=/usr/local/bin:/usr/bin:/bin \
        BATCH_SYSTEM=HTCondor _CONDOR_SCRATCH_DIR="$scratch" _CONDOR_SLOT=slot1_1 _CONDOR_JOB_IWD="$scratch" \
        _CONDOR_JOB_AD="$scratch/.job.ad" _CONDOR_MACHINE_AD="$scratch/.machine.ad" \
        _CONDOR_WRAPPER_ERROR_FILE="$scratch/.job_wrapper_failure" TMPDIR="$scratch" \
        CONDOR_STARTER_PID=$$ OMP_NUM_THREADS="$cpus" "$@"
}

# publish: what the startd says of the slot: what it has itself, and of the job's ad what its STARTD_JOB_ATTRS name.
publish() {
    cpus=$(attribute RequestCpus) memory=$(attribute RequestMemory)
    mkdir -p "$top/startd/$host"
    {
        printf 'StarterPid %s\nName slot1_1@%s\nCpus %s\nMemory %s\n' $$ "$host" "$cpus" "$memory"
        # What a scheduler says when it claims a slot; its job's ad is its user's to edit, but for these.
        printf 'JobId %s\nRemoteScheddName sched01@lab\nRemoteUser %s@lab\n' "$id" "$(attribute Owner | tr -d '"')"
        printf 'GlobalJobId %s\nJobUniverse %s\n' "$(attribute GlobalJobId | tr -d '"')" "$(attribute JobUniverse)"
        for shown in $(value_in "$top/read" STARTD_JOB_ATTRS | tr ',' ' '); do
            shown_as=$(attribute "$shown" | tr -d '"')
            [ -z "$shown_as" ] || printf '%s %s\n' "$shown" "$shown_as"
        done
    } >"$top/startd/$host/$$"
}

# hook KIND [ARGUMENT]: becomes a hook of the keyword in force, with the ad on standard input.
hook() {
    keyword=$(config STARTER_JOB_HOOK_KEYWORD)
    [ -n "$keyword" ] || keyword=$(attribute HookKeyword | tr -d '"')
    [ -n "$keyword" ] && [ -n "$(config "${keyword}_HOOK_$1")" ] || keyword=$(config STARTER_DEFAULT_JOB_HOOK_KEYWORD)
    program=$(config "${keyword:-NONE}_HOOK_$1")
    [ -n "$program" ] || return 0
    shift
    as_user "$program" "$@" <"$top/job.$id.ad"
}

# ended REASON: what the starter does when no job of its is left.
ended() {
    ads=${HTCONDOR_STAND_IN_EXITS:-1}
    while [ "$ads" -gt 0 ]; do
        (hook JOB_EXIT "$1") >/dev/null 2>&1 && code=0 || code=$?
        event "JOB_EXIT $1 $code"
        ads=$((ads - 1))
    done
}

# wait_for PID: sets result to how it ended, or removed where the job is removed meanwhile.
wait_for() {
    while :; do
        wait "$1" && result=0 || result=$?
        [ -z "$removed" ] || return 0
        kill -0 "$1" 2>/dev/null || return 0
    done
}

# starter ... ID HOST [COMMAND...]: condor_starter, which startd runs as root.
starter() {
    while [ "$1" != -- ]; do shift; done
    id=$2 host=$3
    shift 3
    scratch=$_CONDOR_EXECUTE/dir_$$ removed=''
    trap 'removed=yes' TERM
    umask 022
    mkdir -p "$scratch"
    publish
    cp "$top/job.$id.ad" "$scratch/.job.ad"
    printf 'Machine = "%s"\nName = "slot1_1@%s"\nCpus = %s\nMemory = %s\n' "$host" "$host" "$cpus" "$memory" >"$scratch/.machine.ad"
    if [ $# = 0 ]; then
        cp "$top/job.$id.sh" "$scratch/job.sh"
        chmod 755 "$scratch/job.sh"
        set -- "$scratch/job.sh"
    fi
    chown -R hpcuser:hpcuser "$scratch"
    printf '%s\n' $$ >"$top/starter.$id"
    cd "$scratch"
    hook PREPARE_JOB >"$top/answer.$id" 2>/dev/null &
    wait_for $!
    if [ -n "$removed" ]; then
        # No job runs yet: what the starter ran before it leaves to itself.
        ended remove
        outcome=252
    else
        run "$@"
    fi
    cd /
    rm -rf "$scratch" "$top/startd/$host/$$" "$top/starter.$id"
    exit "$outcome"
}

# run COMMAND...: sets outcome to what became of the job whose preparation has ended.
run() {
    said=$(sed -n 's/^HookStatusCode = //p' "$top/answer.$id")
    message=$(sed -n 's/^HookStatusMessage = "\(.*\)"$/\1/p' "$top/answer.$id")
    said=${said:-$result}
    event "PREPARE_JOB $said"
    if [ "$said" != 0 ]; then
        outcome=250
        if [ "$said" -ge 300 ]; then outcome=251; fi
        printf '%s\n' "$message" >>"$top/out.$id"
        ended evict
        return
    fi
    wrapper=$(config USER_JOB_WRAPPER)
    as_user ${wrapper:+"$wrapper"} "$@" >>"$top/out.$id" 2>&1 </dev/null &
    job=$!
    wait_for "$job"
    if [ -n "$removed" ]; then
        kill -TERM "$job"
        wait "$job" || :
        outcome=252
        ended remove
        return
    fi
    outcome=$result
    if [ -e "$scratch/.job_wrapper_failure" ]; then outcome=251; fi
    event "job $outcome"
    ended exit
}

submit() {
    id=$1
    shift
    {
        printf 'ClusterId = %s\nProcId = %s\n' "${id%.*}" "${id#*.}"
        printf 'NumJobStarts = 0\nRequestCpus = 1\nRequestMemory = 256\nCmd = "job.sh"\n'
        case " $* " in *' JobUniverse='*) ;; *) printf 'JobUniverse = 5\n' ;; esac
        case " $* " in *' Owner='*) ;; *) printf 'Owner = "hpcuser"\n' ;; esac
        case " $* " in *' GlobalJobId='*) ;; *) printf 'GlobalJobId = "sched01@lab#%s#1764430000"\n' "$id" ;; esac
        while [ $# -gt 0 ] && [ "$1" != -- ]; do
            printf '%s = %s\n' "${1%%=*}" "${1#*=}"
            shift
        done
    } >"$top/job.$id.ad"
    [ $# = 0 ] || shift
    if [ $# = 0 ]; then cat >"$top/job.$id.sh"; fi
    : >"$top/out.$id" && chmod 666 "$top/out.$id"
    # shellcheck disable=SC2086 # a command and its arguments
    exec ${HTCONDOR_STAND_IN_ENTER-} "$host" env _CONDOR_EXECUTE="$execute" HTCONDOR_STAND_IN_EXITS="${HTCONDOR_STAND_IN_EXITS-1}" \
        "$top/sbin/stand-in" "$top" startd "$id" "$host" "$@"
}

remove() {
    # The starter's process id is the node's.
    # shellcheck disable=SC2086 # a command and its arguments
    ${HTCONDOR_STAND_IN_ENTER-} "$host" kill -TERM "$(cat "$top/starter.$1")"
}

# condor_status -direct ADDRESS -constraint EXPRESSION -af NAME...: the slot whose starter the expression names, by the startd of this node.
condor_status() {
    at=$(uname -n) wanted=$(printf '%s\n' "$4" | sed -n 's/^StarterPid =?= \([0-9]*\).*/\1/p')
    shift 5
    [ -n "$wanted" ] && [ -r "$top/startd/$at/$wanted" ] || return 0
    line=''
    for name in "$@"; do
        value=$(awk -v name="$name" '$1 == name { sub(/^[^ ]* /, ""); print; exit }' "$top/startd/$at/$wanted")
        line="$line${line:+ }${value:-undefined}"
    done
    printf '%s\n' "$line"
}

# condor_q -name SCHEDULER -allusers -json -attributes NAME,... [CLUSTER.PROC]: the jobs that run, as HTCondor writes them: a list begins
# with its first job, and of none nothing is written.
condor_q() {
    if [ "$2" != sched01@lab ]; then
        printf 'Error: Collector has no record of schedd/submitter\n' >&2
        exit 1
    fi
    begin='['
    for ad in "$top"/job.*.ad; do
        id=${ad##*/job.} id=${id%.ad}
        [ -e "$top/starter.$id" ] && [ "${7-$id}" = "$id" ] || continue
        printf '%s\n{\n' "$begin"
        begin=,
        {
            cat "$ad"
            printf 'CpusProvisioned = %s\nMemoryProvisioned = %s\n' "$(attribute RequestCpus)" "$(attribute RequestMemory)"
            printf 'RemoteHost = "slot1_1@%s"\nMyType = "Job"\nJobCurrentStartDate = 1764430000\nJobStatus = 2\n' "$host"
        } | awk -v asked=",$6," -F ' = ' 'index(asked, "," $1 ",") {
            printf "%s  \"%s\": %s", comma, $1, substr($0, length($1) + 4)
            comma = ",\n"
        }'
        printf '\n}\n'
    done
    [ "$begin" = '[' ] || printf ']\n'
}

case $verb in
    up) up ;;
    submit) submit "$@" ;;
    startd) startd "$@" ;;
    starter) starter "$@" ;;
    rm) remove "$1" ;;
    condor_reconfig) cat "$top"/config.d/* >"$top/read" ;;
    condor_config_val)
        value=$(config "$1")
        if [ -z "$value" ]; then
            printf 'Not defined: %s\n' "$1" >&2
            exit 1
        fi
        printf '%s\n' "$value"
        ;;
    condor_q) condor_q "$@" ;;
    condor_status) condor_status "$@" ;;
    *) exit 64 ;;
esac
