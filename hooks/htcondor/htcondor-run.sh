# shellcheck shell=sh disable=SC2034,SC2154 # what htcondor-root, which reads this, has and takes
# Which job root is called for, by what no user can make up, and the records of its run.

# condor_settings: sets bin, the directory of HTCondor's programs, and program, the condor_starter, which Install-HpcBatchHook found.
condor_settings() {
    bin='' program=''
    while read -r name value; do
        case $name in
            bin) bin=$value ;;
            starter) program=$value ;;
        esac
    done <"$hooks/htcondor-settings"
    [ -n "$bin" ] && [ -n "$program" ]
}

# answer EXIT CODE REASON: tells the hook, and ends.
answer() {
    printf '%s %s %s %s\n' "$1" "$2" "$node" "$3"
    exit 0
}

# give_up EXIT CODE REASON: ends a start that has started nothing.
give_up() {
    record_run failed "$2" "$1" "$3" clean
    : >"$record.script"
    answer "$@"
}

# Answers with what the run's record says. One that is not whole is another start's.
answer_again() {
    read_record
    case $state in
        started) printf 'ok %s\n' "$node" ;;
        failed) printf '%s %s %s %s\n' "${ends:-75}" "$code" "$failed_node" "$reason" ;;
        *) answer 75 being-started 'another hook of the job starts its container' ;;
    esac
    exit 0
}

# calling_user: prints the user who had sudo run this; fails for root, and for what is no number.
calling_user() {
    case ${SUDO_UID-} in '' | 0 | *[!0-9]*) return 1 ;; esac
    printf '%s\n' "$SUDO_UID"
}

# status_of PID: sets up to its parent and real to its real user id (proc(5)).
status_of() {
    up='' real=''
    while read -r name value _; do
        case $name in
            PPid:) up=$value ;;
            Uid:) real=$value && break ;;
        esac
    done <"/proc/$1/status"
} 2>/dev/null

# ticks_of PID: sets ticks to when a process began, the 22nd field of its stat (proc(5)); its second may have blanks and parentheses.
ticks_of() {
    ticks=''
    IFS= read -r stat <"/proc/$1/stat" || return 1
    # shellcheck disable=SC2086 # fields
    set -- ${stat##*) }
    shift 19
    ticks=$1
} 2>/dev/null

# calling_starter: sets parent and ticks to the nearest process above this one that is root's own and runs the condor_starter; fails without
# one. A user can run the program, but not as root; sudo and all that it runs is root's, but not that program.
calling_starter() {
    parent=$PPID
    while [ "${parent:-0}" -gt 1 ]; do
        status_of "$parent"
        if [ "$real" = 0 ]; then
            at=$(readlink "/proc/$parent/exe")
            if [ "${at% (deleted)}" = "$program" ]; then
                ticks_of "$parent"
                return
            fi
        fi
        parent=$up
    done
    return 1
}

# alive RUN: whether the starter of a run is.
alive() (
    ticks_of "${1%.*}" && [ "$ticks" = "${1##*.}" ]
)

# begin_once: fails where the run was begun before.
begin_once() (
    umask 077
    set -C
    printf '%s\n' "$$" >"$record.script"
) 2>/dev/null

# ask_startd: sets name, job, cpus, memory, universe, starts and environment to what this node's startd says of the starter's slot. An older
# one says no StarterPid: the slot is then the one that it gave the starter on its command line. The user's word comes last, and the first
# line alone is read: whatever he put into it stands for nothing else.
ask_startd() {
    slot='' before=''
    for word in $(tr '\0' '\n' <"/proc/$parent/cmdline"); do
        case $before in -a | -slot-name) slot=$word ;; esac
        before=$word
    done
    case $slot in *[!A-Za-z0-9_]*) slot='' ;; esac
    mine="StarterPid =?= $parent"
    [ -z "$slot" ] || mine="$mine || (StarterPid =?= undefined && regexp(\"^$slot@\", Name))"
    said=$(timeout 20 "$bin/condor_status" -direct "$node" -constraint "$mine" -af StarterPid Name GlobalJobId Cpus Memory JobUniverse \
        NumJobStarts PisaHpcEnvironment 2>/dev/null </dev/null | head -n 1)
    # shellcheck disable=SC2086 # words
    set -- $said
    [ $# -ge 8 ] || return
    case $1 in "$parent" | undefined) ;; *) return 1 ;; esac
    name=$2 job=$3 cpus=$4 memory=$5 universe=$6 starts=$7 environment=$8
    [ $# = 8 ] || environment=/
    case $job in *[!A-Za-z0-9._@#-]* | \#* | *#*#*#*) return 1 ;; *#*.*#*) ;; *) return 1 ;; esac
    case $cpus$memory in *[!0-9]*) return 1 ;; esac
    case $starts in *[!0-9]*) starts=0 ;; esac
}

# Gives up for a job that can have no container.
job_is_fit() {
    [ "$universe" = 5 ] || give_up 78 universe-unsupported 'PisaHpcEnvironment is for jobs of the vanilla universe'
    case $environment in
        undefined) give_up 75 startd-unread 'condor_startd does not show PisaHpcEnvironment of its jobs: condor_reconfig' ;;
        none | docker-none | *[!A-Za-z0-9._-]* | [!A-Za-z0-9]*)
            give_up 78 environment-invalid 'the value of PisaHpcEnvironment is no name of an environment'
            ;;
    esac
}

# scratch_is_safe: sets scratch to the directory that the starter made for the job, which the container gets. Gives up where the user could
# have put another one in its place: only the name of the starter's own below a directory that is not his to write counts.
scratch_is_safe() {
    execute=$(tr '\0' '\n' <"/proc/$parent/environ" | sed -n 's/^_CONDOR_EXECUTE=//p')
    scratch=$execute/dir_$parent
    owner_and_mode=$(stat -c '%u %a' "$execute" 2>/dev/null)
    case $execute:$owner_and_mode in
        [!/]* | *:"$uid "* | *[2367] | *[2367]?)
            give_up 78 scratch-unsafe "EXECUTE of HTCondor, ${execute:-which its starter was not told}, is writable for others"
            ;;
    esac
    if [ -L "$scratch" ] || [ ! -d "$scratch" ]; then give_up 75 scratch-missing "there is no directory $scratch"; fi
}

# earlier_runs: sets earlier where a starter that is no more left a run of the same job; gives up where one still has it.
earlier_runs() {
    set +f
    for ad in "$records"/*.ad; do
        other=${ad%.ad}
        [ "$other" != "$record" ] || continue
        if ! read -r _ _ of <"$ad" || [ "$of" != "\"$job\"" ]; then continue; fi
        if alive "${other##*/}"; then give_up 75 earlier-run-lives "another starter still runs job $job here"; fi
        earlier=yes
        rm -f "$other" "$other".*
    done 2>/dev/null
    set -f
}

# write_ad: what pisahpc-hook is told of the job, in the form of a file of HTCondor's.
write_ad() {
    (
        umask 077
        printf 'GlobalJobId = "%s"\nNumJobStarts = %s\nMachine = "%s"\nName = "%s"\nCpus = %s\nMemory = %s\n' \
            "$job" "$starts" "$node" "$name" "$cpus" "$memory" >"$record.ad.new" && mv -f "$record.ad.new" "$record.ad"
    ) 2>/dev/null
}

# The program gets what root has found out, and no more. In a session of its own nothing of it keeps HTCondor waiting.
call_hook() {
    exec setsid env -i PATH="$PATH" LC_ALL=C BATCH_SYSTEM=HTCondor _CONDOR_JOB_AD="$record.ad" _CONDOR_MACHINE_AD="$record.ad" \
        _CONDOR_SCRATCH_DIR="${scratch-}" SUDO_UID="${uid-}" "$hooks/pisahpc-hook" "$@"
}

# forget: removes what is written down of a run, but that it is over: its starter may still be there.
forget() {
    rm -f "$record" "$record.ad" "$record.pid" "$record.why" "$record.script"
}

# take_off_dead one|all: takes off the runs whose starters are no more.
take_off_dead() {
    set +f
    for found in "$records"/*.*[0-9].script "$records"/*.*[0-9].over; do
        [ -e "$found" ] || continue
        record=${found%.*}
        run_of=${record##*/}
        case $run_of in *[!0-9.]*) continue ;; esac
        if alive "$run_of"; then continue; fi
        end_process "$record.pid" pisahpc-hook
        if [ -e "$record.ad" ]; then
            take_off
            [ "$status" = 0 ] || continue
            forget
            rm -f "$record.over"
            [ "$1" = all ] || return 0
        fi
        forget
        rm -f "$record.over"
    done
}
