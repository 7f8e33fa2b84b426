# shellcheck shell=sh disable=SC2034,SC2154 # what the hooks, which read this, have and take
# Which job a hook of LSF is called for, by the variables that LSF sets for a job (LSF reference, "Environment variables set for job
# execution"). To read this file starts no process.

# own_environment HOOK ARGUMENT: begins a hook again with what LSF sets for it and nothing else. A hook is root's and has the job's
# environment, which is its user's: where sh is bash, a function in there takes the place of a program, and of what the shell has itself.
# Up to here a hook calls special built-ins alone, which come before functions.
own_environment() {
    exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C LSB_JOBID="${LSB_JOBID-}" LSB_JOBINDEX="${LSB_JOBINDEX-}" \
        LSF_JOB_TIMESTAMP_VALUE="${LSF_JOB_TIMESTAMP_VALUE-}" LSB_QUEUE="${LSB_QUEUE-}" LSFUSER="${LSFUSER-}" \
        LSB_MCPU_HOSTS="${LSB_MCPU_HOSTS-}" LSB_HOSTS="${LSB_HOSTS-}" LSB_RESTART="${LSB_RESTART-}" \
        LSB_JOBEXIT_STAT="${LSB_JOBEXIT_STAT-}" LSB_JOBEXIT_INFO="${LSB_JOBEXIT_INFO-}" PISAHPC_ENVIRONMENT="${PISAHPC_ENVIRONMENT-}" \
        "$hooks/$1" "$2" clean
}

# this_job: sets job, index and turn, which tells a job's runs apart, and record; fails outside of a job.
this_job() {
    job=${LSB_JOBID-} index=${LSB_JOBINDEX:-0} turn=${LSF_JOB_TIMESTAMP_VALUE:-0}
    case $job-$index in *[!0-9-]* | -* | *--* | *-) return 1 ;; esac
    case $turn in *[!0-9]*) turn=0 ;; esac
    record=$records/$job.$index
    # The job's directory on each of its nodes: 0 is the index of a job that is no array.
    directory=$run/$job
    [ "$index" = 0 ] || directory=$directory.$index
}

# this_host: sets starter to the job's first host and node to this one, as LSF names them; node to nothing where no name is this host's. A
# name may have a domain here and none there.
this_host() {
    starter='' node=''
    read -r here </proc/sys/kernel/hostname
    for word in ${LSB_MCPU_HOSTS:-${LSB_HOSTS-}}; do
        case $word in *[!0-9]*) ;; *) continue ;; esac
        [ -n "$starter" ] || starter=$word
        if [ "${word%%.*}" = "${here%%.*}" ]; then
            node=$word
            break
        fi
    done
}

# The program gets what LSF itself sets, and no more. In a session of its own nothing of it keeps LSF waiting.
call_hook() {
    exec setsid env -i PATH="$PATH" LC_ALL=C LSB_JOBID="$job" LSB_JOBINDEX="$index" LSB_QUEUE="${LSB_QUEUE-}" LSFUSER="${LSFUSER-}" \
        LSB_MCPU_HOSTS="${LSB_MCPU_HOSTS:-}" LSB_HOSTS="${LSB_HOSTS-}" LSB_JOBEXIT_STAT="${LSB_JOBEXIT_STAT-}" \
        LSB_JOBEXIT_INFO="${LSB_JOBEXIT_INFO-}" "$hooks/pisahpc-hook" "$@"
}
