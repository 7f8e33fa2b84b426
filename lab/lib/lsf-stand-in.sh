#!/bin/sh
# Stands in for IBM Spectrum LSF, which nobody can have here: calls what LSF calls, in its order, as the user whom LSF would, with the
# environment, working directory, streams and exit-code rules of its documentation (LSF 10.1: external submission controls; pre- and
# post-execution processing; lsb.applications; lsf.sudoers; job starters). A job is run to its end before a command returns.
#     lsf-stand-in.sh TOP up                 makes an LSF_TOP with conf and etc, over two hosts
#     lsf-stand-in.sh TOP bsub ID[INDEX] [-a "APP ..."] [-app PROFILE] [COMMAND...]
#                                            one job, or one element of an array, as hpcuser on both; a script where there is no command
#     lsf-stand-in.sh TOP badmin reconfig    mbatchd reads lsb.applications
#     lsf-stand-in.sh TOP bapp               the profiles that mbatchd has read
#     lsf-stand-in.sh TOP bjobs ...          what mbatchd knows of jobs
#     lsf-stand-in.sh TOP forget ID[INDEX]   mbatchd's CLEAN_PERIOD is over for a job
#     lsf-stand-in.sh TOP post ID[INDEX]     the post-execution of a job for which none ran, as when sbatchd comes back
# The job's output is TOP/out.ID.INDEX, what happened to it TOP/events.ID.INDEX. LSF_STAND_IN_HOSTS are its hosts with slots, and
# LSF_STAND_IN_ENTER the command that runs another one on a host, which comes before it. LSF_STAND_IN_RUNS=2 requeues a job that has run,
# and after one with LSF_STAND_IN_POST=never no post-execution runs.

set -eu
top=$1 verb=$2
shift 2
conf=$top/conf
applications=$conf/lsbatch/stand-in/configdir/lsb.applications
hosts=${LSF_STAND_IN_HOSTS-o2wn01 2 o2wn02 1}
submitted='' started='' ended='' code='' stamp=1764430000
# shellcheck source=lsf-stand-in-jobs.sh
. "${0%/*}/lsf-stand-in-jobs.sh"

# profile_value PROFILE KEY: what mbatchd has read of a profile.
profile_value() {
    awk -v name="$1" -v key="$2" '
        /^Begin Application/ { split("", set) }
        match($0, /^[ \t]*[A-Z_]+[ \t]*=/) { k = $1; v = substr($0, RLENGTH + 1); sub(/^[ \t]*/, "", v); set[k] = v }
        /^End Application/ && set["NAME"] == name { print set[key] }' "$top/read"
}

up() {
    mkdir -p "$top/etc" "${applications%/*}"
    printf 'LSF_CONFDIR=%s\nLSB_CONFDIR=%s/lsbatch\nLSF_SERVERDIR="%s/etc"\n' "$conf" "$conf" "$top" >"$conf/lsf.conf"
    {
        printf 'Begin Host\nHOSTNAME model type server RESOURCES\n'
        # shellcheck disable=SC2086 # words
        printf '%s ! ! 1 () # %s slots\n' $hosts
        printf 'End Host\n'
    } >"$conf/lsf.cluster.stand-in"
    printf 'Begin Application\nNAME = fluent\nEnd Application' >"$applications"
    # What a shell of the site's has by profile.lsf: the commands, of which PisaHpc calls these.
    mkdir -p "$top/bin"
    for command in bapp bjobs bparams lsclusters lsid; do
        printf '#!/bin/sh\nexec %s %s %s "$@"\n' "$0" "$top" "$command" >"$top/bin/$command"
        chmod 755 "$top/bin/$command"
    done
    cp "$(readlink -f /bin/sh)" "$top/bin/res"
    # shellcheck disable=SC2016 # whoever reads it has a PATH
    printf 'PATH=%s/bin:$PATH\nexport PATH\n' "$top" >"$conf/profile.lsf"
    cp "$applications" "$top/read"
}

# submit: what bsub does: the esubs of -a, by mesub, whose words are taken over when they do not refuse.
submit() {
    : >"$top/modify.$id.$index" && : >"$top/env.$id.$index" && chmod 666 "$top/modify.$id.$index" "$top/env.$id.$index"
    printf 'LSB_SUB_QUEUE="normal"\n%s' "${app:+LSB_SUB3_APP=\"$app\"
}" >"$top/parm.$id.$index"
    for word in $additional; do
        program=$top/etc/esub.${word%%(*}
        arguments=''
        case $word in *'('*) arguments=${word#*\(} arguments=${arguments%\)} ;; esac
        if [ ! -x "$program" ]; then
            echo "mesub: ${program##*/} is not there. Job not submitted." >&2
            return 255
        fi
        # shellcheck disable=SC2086 # none or one
        if ! setpriv --reuid=hpcuser --regid=hpcuser --init-groups env \
            LSB_SUB_PARM_FILE="$top/parm.$id.$index" LSB_SUB_MODIFY_FILE="$top/modify.$id.$index" \
            LSB_SUB_MODIFY_ENVFILE="$top/env.$id.$index" LSB_SUB_ABORT_VALUE=97 "$program" $arguments >/dev/null; then
            echo 'Request aborted by esub. Job not submitted.' >&2
            return 255
        fi
    done
    chosen=$(sed -n 's/^LSB_SUB3_APP="\(.*\)"$/\1/p' "$top/modify.$id.$index" | tail -n 1)
    app=${chosen:-$app}
    if [ -n "$app" ] && [ -z "$(profile_value "$app" NAME)" ]; then
        echo "$app: No such application profile. Job not submitted." >&2
        return 255
    fi
}

# Whom the hooks run as: lsf.sudoers says it, where it is root's alone.
hook_user() {
    user=hpcuser
    if [ "$(stat -c '%a %u' /etc/lsf.sudoers 2>/dev/null)" = '600 0' ]; then
        user=$(sed -n 's/^LSB_PRE_POST_EXEC_USER=//p' /etc/lsf.sudoers)
        user=${user:-hpcuser}
    fi
}

# on_host HOST USER DIRECTORY COMMAND [tracked]: runs a command of the shell as a user with the job's environment.
on_host() {
    name=$id
    [ "$index" = 0 ] || name="${id}[$index]"
    # shellcheck disable=SC2086 # a command and its arguments
    ${LSF_STAND_IN_ENTER-} "$1" ${5:+"$top/bin/res" -c "$in_group" tracked "$name" "$stamp"} \
        setpriv --reuid="$2" --regid="$2" --init-groups env -i HOME=/home/hpcuser USER=hpcuser \
        OPENSSL_CONF=/nonexistent DOCKER_HOST=tcp://nowhere LSB_JOBID="$id" LSB_JOBINDEX="$index" LSB_QUEUE=normal LSFUSER=hpcuser \
        LSB_MCPU_HOSTS="$hosts" LSF_JOB_TIMESTAMP_VALUE="$stamp" LSB_AFFINITY_HOSTFILE=/nonexistent/hosts \
        LSB_JOBFILENAME="$top/job.$id.$index" $with \
        PISAHPC_ENVIRONMENT="$(sed -n 's/^PISAHPC_ENVIRONMENT="\(.*\)"$/\1/p' "$top/env.$id.$index")" \
        PATH="${hook_path:-/usr/local/bin:/usr/bin:/bin}" /bin/sh -c "cd $3 && $4"
}

# What a command of the shell runs after so that it is in a control group of the job's, as with LSF_PROCESS_TRACKING=Y; as root on its host,
# in a shell that is called res, as LSF's own process beside the job's.
# shellcheck disable=SC2016 # of its shell
in_group='
    top=/sys/fs/cgroup/freezer
    [ -d "$top" ] || top=/sys/fs/cgroup
    group=$top/lsf/stand-in/job.$1.$$.$2
    shift 2
    mkdir -p "$group"
    ( echo 0 >"$group/cgroup.procs"; "$@"; exit $? )
    code=$?
    rmdir "$group" "${group%/*}" "${group%/*/*}" 2>/dev/null
    exit "$code"'

event() { printf '%s\n' "$*" >>"$top/events.$id.$index"; }

# everywhere KEY: runs a host-based hook on all hosts at once, in /tmp, with nothing to read and nobody who reads what it says. Prints the
# exit code of the first that failed.
everywhere() {
    line=$(profile_value "$app" "$1")
    [ -n "$line" ] || return 0
    hook_user
    hook_path=/bin:/usr/bin:/sbin:/usr/sbin
    for host in $hosts; do
        case $host in *[!0-9]*) ;; *) continue ;; esac
        (
            on_host "$host" "$user" /tmp "$line" >/dev/null 2>&1 </dev/null && code=0 || code=$?
            printf '%s\n' "$code" >"$top/code.$id.$index.$host"
        ) &
    done
    wait
    hook_path='' failed=0
    for host in $hosts; do
        case $host in *[!0-9]*) ;; *) continue ;; esac
        code=$(cat "$top/code.$id.$index.$host")
        rm -f "$top/code.$id.$index.$host"
        event "$1 $host $code"
        if [ "$code" != 0 ] && [ "$failed" = 0 ]; then failed=$code; fi
    done
    return "$failed"
}

# run: one dispatch of the job. Sets outcome to pend, ended or ran, and result to the exit code.
run() {
    with=''
    if everywhere HOST_PRE_EXEC; then
        starter=$(profile_value "$app" JOB_STARTER)
        # What the user said takes the place of the word, as it is.
        line=$command
        case $starter in
            *%USRCMD*) line=${starter%%%USRCMD*}$command${starter#*%USRCMD} ;;
            ?*) line="$starter \"$command\"" ;;
        esac
        on_host "${hosts%% *}" hpcuser "$directory" "$line" tracked >>"$top/out.$id.$index" 2>&1 </dev/null && code=0 || code=$?
        event "job $code"
        outcome=ran result=$code
    else
        result=$?
        outcome=pend
        if [ "$result" = 99 ]; then outcome=ended; fi
        with="LSB_JOBEXIT_STAT=0"
    fi
    if [ "$outcome" = ran ]; then with="LSB_JOBEXIT_STAT=$((result << 8))"; fi
    if [ "$outcome" = pend ] || [ "$runs" -gt 1 ]; then with="$with LSB_JOBPEND="; fi
    # With JOB_INCLUDE_POSTPROC=Y the slots are the job's until this has ended.
    if [ "${LSF_STAND_IN_POST-}" != never ]; then everywhere HOST_POST_EXEC || :; fi
    # A code of the hooks is none of the job's.
    code=''
}

post() {
    job_of "$1"
    file=$top/jobs/$id.$index
    [ -f "$file" ] || file=$top/forgotten/$id.$index
    # shellcheck disable=SC1090 # a job's
    . "$file"
    with="LSB_JOBEXIT_STAT=$((${code:-0} << 8))"
    everywhere HOST_POST_EXEC || :
}

bsub() {
    job_of "$1"
    shift
    additional='' app='' runs=${LSF_STAND_IN_RUNS:-1} directory=${LSF_STAND_IN_CWD:-/tmp}
    while :; do
        case ${1-} in
            -a) additional=$2 ;;
            -app) app=$2 ;;
            *) break ;;
        esac
        shift 2
    done
    command=$*
    submit || exit
    # LSF makes a file of what it reads on standard input.
    if [ -z "$command" ]; then
        command=$top/job.$id.$index.shell
        cat >"$command"
        chown hpcuser "$command" && chmod 700 "$command"
    fi
    : >"$top/out.$id.$index" && chmod 666 "$top/out.$id.$index"
    attempts=0 most=$(profile_value "$app" LOCAL_MAX_PREEXEC_RETRY)
    while :; do
        job_is PEND
        stamp=$((stamp + 60))
        job_is RUN
        run
        if [ "$outcome" = ran ] && [ "$runs" -gt 1 ]; then
            runs=$((runs - 1))
            event requeued
            continue
        fi
        [ "$outcome" = pend ] || break
        attempts=$((attempts + 1))
        # Without a limit LSF would go on for ever.
        if [ "$attempts" -ge "${most:-5}" ]; then
            event "pre-execution failed $attempts times: $(profile_value "$app" LOCAL_MAX_PREEXEC_RETRY_ACTION)"
            result=255
            break
        fi
    done
    if [ "$result" = 0 ]; then job_is DONE; else job_is EXIT; fi
    exit "$result"
}

case $verb in
    up) up ;;
    bsub) bsub "$@" ;;
    bjobs) bjobs "$@" ;;
    forget | post) "$verb" "$1" ;;
    badmin) cp "$applications" "$top/read" 2>/dev/null || : >"$top/read" ;;
    lsid) printf 'My cluster name is stand-in\n' ;;
    bparams) printf 'lsb.params configuration\n    MBD_SLEEP_TIME = 10 (seconds)\n' ;;
    lsclusters) printf 'CLUSTER_NAME STATUS MASTER_HOST ADMIN HOSTS SERVERS\nstand-in ok o2wn01 lsfadmin 2 2\n' ;;
    bapp)
        printf 'APP_NAME NJOBS PEND RUN SUSP\n'
        sed -n 's/^[[:space:]]*NAME[[:space:]]*=[[:space:]]*//p' "$top/read" | while read -r name; do printf '%s 0 0 0 0\n' "$name"; done
        ;;
    *) exit 64 ;;
esac
