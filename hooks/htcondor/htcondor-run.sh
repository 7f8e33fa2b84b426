# shellcheck shell=sh disable=SC2034,SC2154 # what htcondor-root, which reads this, has and takes
# Runs of jobs as htcondor-root writes them down: who has one, and taking one off. A run's files are, by its starter's id and start: its
# record (hook.sh), in whose turn its job, user and user id stand; .script and .pid, the processes that start it; .ad and .why for those;
# .over, when its exit hook has run; .stop, the process that takes it off, and the lock of those that want to.

# own_limits: gives this process root's own limits: those of its caller would end what is to take his container off. Fails where one stays
# by which a signal or a failed write comes. Of the others root may raise no more than the soft one where it lacks CAP_SYS_RESOURCE, as in a
# container (capabilities(7)).
own_limits() {
    printf '0\n' >/proc/self/oom_score_adj || return 1
    prlimit --pid $$ --as=unlimited --core=0 --cpu=unlimited --data=unlimited --fsize=unlimited --locks=unlimited --rss=unlimited \
        --rttime=unlimited && renice -n 0 -p $$ >/dev/null || return 1
    for limit in nofile=65536 nproc=unlimited sigpending=65536 memlock=8388608 msgqueue=819200 stack=8388608; do
        prlimit --pid $$ "--$limit" ||
            prlimit --pid $$ "--${limit%%=*}=$(prlimit --pid $$ "--${limit%%=*}" --output HARD --noheadings --raw):" || return 1
    done
} 2>/dev/null

# answer EXIT CODE REASON: tells the hook, and ends. Whoever reads it may not: nothing is held meanwhile.
answer() {
    release_job
    printf '%s %s %s %s\n' "$1" "$2" "$node" "$3"
    exit 0
}

answer_ok() {
    release_job
    printf 'ok %s\n' "$1"
    exit 0
}

# give_up EXIT CODE REASON: ends a start that has started nothing.
give_up() {
    record_run failed "$2" "$1" "$3" clean
    rm -f "$record.ad"
    make_empty "$record.script"
    answer "$@"
}

# Answers with what the run's record says. One that is not whole is another start's.
answer_again() {
    read_run || :
    require_own_run
    release_job
    case $state in
        started) answer_ok "$node" ;;
        failed)
            printf '%s %s %s %s\n' "${ends:-75}" "$code" "$failed_node" "$reason"
            exit 0
            ;;
        left) answer 75 job-ended 'HTCondor has ended the job' ;;
        *) answer 75 being-started 'another hook of the job starts its container' ;;
    esac
}

# read_run: reads the run's record; sets run_job, run_user and run_uid to whose it is. Fails where there is none, or where it was given up
# before that was known: nothing was started then.
read_run() {
    run_job='' run_user='' run_uid=''
    read_record
    # Runs are of one node. What another run's record says, or does not, is not to get into this one's.
    starter=$node
    # shellcheck disable=SC2086 # words
    set -- $record_turn
    [ $# = 3 ] || return 1
    run_job=$1 run_user=$2 run_uid=$3
}

# A process of another user's below the same starter, as one that the job runs by a program of his, is told nothing and ends nothing.
require_own_run() {
    if read_run && [ "$run_uid" != "$uid" ]; then answer 78 not-a-job "the job of this condor_starter is another user's"; fi
}

# make_empty FILE: fails where it cannot, as where the file system is full: without a shell of its own that would end this one.
make_empty() { (: >"$1") 2>/dev/null; }

# begin_once: fails where the run was begun before.
begin_once() (
    ticks_of "$$" || exit 1
    set -C
    printf '%s %s\n' "$$" "$ticks" >"$record.script"
) 2>/dev/null

# begin_stop: fails where another stop of the run is at it. Where the file system is full nobody knows, and the job's lock has to do.
begin_stop() {
    command exec 8>>"$record.stop" || return 0
    flock -n 8 || return 1
    if ticks_of "$$"; then printf '%s %s\n' "$$" "$ticks" >"$record.stop"; fi
    return 0
} 2>/dev/null

# hold_job JOB SECONDS: has a job's lock, so that no two start or take off the same job at once; fails when it is not free in time. The
# program that is called has it too, and keeps it when this is killed.
hold_job() {
    lock=$records/lock.$1
    while :; do
        command exec 9>>"$lock" || return 1
        flock -w "$2" 9 || return 1
        # Whoever had it may have removed the file.
        # shellcheck disable=SC3013 # dash and bash have it
        if [ "$lock" -ef /proc/self/fd/9 ]; then return 0; fi
    done
} 2>/dev/null

release_job() { exec 8>&- 9>&-; }

# earlier_runs: sets earlier where a starter that is no more left a run of the same job, and earlier_files to the records; gives up where
# one still has it.
earlier_runs() {
    earlier='' earlier_files='' own=$record
    for run_of in $(list_runs); do
        record=$records/$run_of
        if [ "$record" = "$own" ] || ! read_run || [ "$run_job" != "$job" ]; then continue; fi
        case $run_uid-$(alive "${run_of%.*}" "${run_of#*.}" && echo lives) in
            "$uid-")
                end_processes
                earlier=yes earlier_files="$earlier_files $record"
                ;;
            "$uid-lives")
                record=$own
                give_up 75 earlier-run-lives "another starter still runs job $job here"
                ;;
            *)
                record=$own
                give_up 75 earlier-run-of-another "a run of job $job that is user id $run_uid's is left here: it is for the sweep"
                ;;
        esac
    done
    record=$own
}

# forget_earlier: the run's own record says now what is to be taken off of the job.
forget_earlier() {
    for earlier_file in $earlier_files; do
        forget_files "$earlier_file"
    done
}

forget_files() { rm -f "$1" "$1.new" "$1.ad" "$1.ad.new" "$1.pid" "$1.why" "$1.script" "$1.stop"; }

# end_processes: ends whoever is at a run whose starter is no more.
end_processes() {
    end_process "$record.script"
    end_process "$record.stop"
    end_process "$record.pid"
}

# list_runs: prints the runs that anything is written down of.
list_runs() {
    set +f
    for found in "$records"/*; do
        found=${found##*/}
        rest=${found#*.}
        case ${found%%.*}-${rest%%.*} in *[!0-9-]* | -* | *--* | *-) continue ;; esac
        printf '%s.%s\n' "${found%%.*}" "${rest%%.*}"
    done | sort -u
    set -f
}

# take_off_run SECONDS: takes the run of the record off, and forgets it; fails when that cannot be done, or another one is at its job for
# that long.
take_off_run() {
    if ! read_run; then
        forget_files "$record"
        return 0
    fi
    job=$run_job for_user=$run_user its_turn=$record_turn
    hold_job "$job" "$1" || return 1
    # Whoever had the lock may have taken it off, and started the same job anew: that is another run.
    if ! read_run || [ "$record_turn" != "$its_turn" ]; then
        rm -f "$lock"
        release_job
        return 0
    fi
    take_off
    if [ "$status" = 0 ]; then
        forget_files "$record"
        rm -f "$lock"
    fi
    release_job
    [ "$status" = 0 ]
}

# sweep_runs: takes off the runs whose starters are no more, and forgets those of which nothing was started; fails where one is left.
sweep_runs() {
    swept=0
    # In another order each time: those that last do not keep the others from their turn.
    for run_of in $(list_runs | shuf); do
        if alive "${run_of%.*}" "${run_of#*.}"; then continue; fi
        record=$records/$run_of
        end_processes
        # Who is killed has its lock for a moment yet.
        if take_off_run 2; then rm -f "$record.over"; else swept=1; fi
    done
    return "$swept"
}
