# shellcheck shell=sh disable=SC2034,SC2154 # what htcondor-root, which reads this, has and takes
# Which job root is called for, by what no user can make up. Of a job's ad its user can edit all but what HTCondor keeps (Owner, OsUser,
# ClusterId, ProcId, JobUniverse: SYSTEM_IMMUTABLE_JOB_ATTRS), GlobalJobId among it: what is asked for here is what the startd itself says
# of a claim: JobId, made of ClusterId and ProcId; RemoteScheddName and RemoteUser, which the scheduler said when it claimed the slot.

# condor_settings: sets bin, the directory of HTCondor's programs, program, the condor_starter, address_file, in which the startd says
# where it listens, htcondor to the user id of HTCondor's account, and CONDOR_CONFIG where its programs need it: what Install-HpcBatchHook
# found.
condor_settings() {
    bin='' program='' address_file='' htcondor=''
    while read -r name value; do
        case $name in
            bin) bin=$value ;;
            starter) program=$value ;;
            address) address_file=$value ;;
            account) htcondor=$value ;;
            config) export CONDOR_CONFIG="$value" ;;
        esac
    done <"$hooks/htcondor-settings"
    [ -n "$bin" ] && [ -n "$program" ] && [ -n "$address_file" ]
}

# called_by_job: sets uid to the user who had sudo run this, parent to the condor_starter above and record to its run's. Answers where there
# is none.
called_by_job() {
    uid=${SUDO_UID-}
    case $uid in '' | 0 | *[!0-9]*) answer 78 not-a-job 'no user called this by sudo' ;; esac
    calling_starter || answer 78 not-a-job 'this process descends from no condor_starter of root'
    record=$records/$parent.$ticks
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

# is_ours PATH: fails where it is neither root's nor HTCondor's.
is_ours() {
    case $(stat -L -c %u "$1" 2>/dev/null) in 0 | "${htcondor:-0}") ;; *) return 1 ;; esac
}

# is_kept PATH: fails where anybody but root and HTCondor may put something else there.
is_kept() {
    is_ours "$1" || return 1
    case $(stat -L -c %a "$1" 2>/dev/null) in '' | *[2367] | *[2367]?) return 1 ;; esac
}

# is_kept_above PATH: fails where anybody but those may put something in its place; sets above to the directory where he may. One like /tmp
# keeps its entries for their owners, and for its own.
is_kept_above() {
    above=${1%/*}
    while [ -n "$above" ]; do
        is_kept "$above" || { [ -k "$above" ] && is_ours "$above"; } || return 1
        above=${above%/*}
    done
}

# startd_lives: fails where the starter's parent, its startd, is no more, is not root's, or began after its address was written: on the port
# of one that is gone a user's program may listen.
startd_lives() {
    status_of "$parent"
    startd=$up
    if [ "${startd:-0}" -le 1 ] || ! status_of "$startd" || ! ticks_of "$startd"; then return 1; fi
    while read -r name value; do
        case $name in btime) break ;; esac
    done </proc/stat
    # The second in which the system booted is rounded.
    [ "$real" = 0 ] && [ "$(stat -c %Y "$address_file")" -ge $((value + ticks / $(getconf CLK_TCK) - 2)) ]
}

# startd_address: sets address to where this node's startd listens: by its own file, which HTCondor alone may write, and not by what a
# central manager was told. A link on the way could be to anywhere.
startd_address() {
    address=''
    startd_lives || return 1
    [ "$(readlink -f "$address_file")" = "$address_file" ] && is_kept "$address_file" && is_kept_above "$address_file" || return 1
    IFS= read -r address <"$address_file"
    case $address in '<'*'>') ;; *) return 1 ;; esac
}

# ask_startd: sets slot, job, cpus, memory, universe, starts and environment to what this node's startd says of the starter's slot, and
# for_user to the job's user; gives up where he is not the one who called. An older startd says no StarterPid: the slot is then the one that
# it gave the starter on its command line. What a user can write comes last; an answer of more than one line is none.
ask_startd() {
    startd_address || return 1
    given='' before=''
    for word in $(tr '\0' '\n' <"/proc/$parent/cmdline"); do
        case $before in -a | -slot-name) given=$word ;; esac
        before=$word
    done
    case $given in *[!A-Za-z0-9_]*) given='' ;; esac
    mine="StarterPid =?= $parent"
    [ -z "$given" ] || mine="$mine || (StarterPid =?= undefined && regexp(\"^$given@\", Name))"
    # What a user's expression comes to is not to take all of the node's memory.
    told=$(timeout -k 5 20 prlimit --as=2147483648 "$bin/condor_status" -direct "$address" -constraint "$mine" -af StarterPid Name JobId \
        RemoteScheddName RemoteUser Cpus Memory JobUniverse OsUser Owner NumJobStarts PisaHpcEnvironment </dev/null) || return 1
    case $told in *"
"*) return 1 ;; esac
    # shellcheck disable=SC2086 # words
    set -- $told
    [ $# -ge 11 ] || return 1
    case $1 in "$parent" | undefined) ;; *) return 1 ;; esac
    slot=$2 number=$3 scheduler=$4 account=$9 cpus=${6%%.*} memory=${7%%.*} universe=$8
    [ "$account" != undefined ] || account=$5
    account=${account%%@*}
    shift 9
    owner=${1%%@*}
    shift
    starts=$1 environment=${2-undefined}
    [ $# -le 2 ] || environment=/
    case $starts in *[!0-9]*) starts=0 ;; esac
    case $number in .* | *. | *[!0-9.]* | *.*.*) return 1 ;; *.*) ;; *) return 1 ;; esac
    case $scheduler in undefined | *[!A-Za-z0-9._@-]* | [!A-Za-z0-9]* | *@*@*) return 1 ;; esac
    case $cpus$memory in '' | *[!0-9]*) return 1 ;; esac
    for name in "$account" "$owner"; do
        case $name in '' | undefined | *[!A-Za-z0-9._-]* | [!A-Za-z_]*) return 1 ;; esac
    done
    job=$number.$scheduler
    case $scheduler in *@*) job=$number.${scheduler%@*}_${scheduler#*@} ;; esac
    # An older HTCondor lets a user edit OsUser, and none lets him edit Owner.
    if [ "$(id -u "$account" 2>/dev/null)" != "$uid" ] || [ "$(id -u "$owner" 2>/dev/null)" != "$uid" ]; then
        give_up 78 owner-differs "the job is $account's, and user id $uid runs it: PisaHpcEnvironment is for jobs that run as their owner"
    fi
    for_user=$(id -un "$uid")
    cap_to_node
}

# cap_to_node: makes cpus and memory (MiB) no more than the node has, whatever a startd says of its slot.
cap_to_node() {
    has=$(getconf _NPROCESSORS_ONLN)
    [ "$cpus" -le "$has" ] || cpus=$has
    while read -r name value _; do
        case $name in MemTotal:) break ;; esac
    done </proc/meminfo
    [ "$memory" -le $((value / 1024)) ] || memory=$((value / 1024))
}

# Gives up for a job that can have no container.
job_is_fit() {
    [ "$universe" = 5 ] || give_up 78 universe-unsupported 'PisaHpcEnvironment is for jobs of the vanilla universe'
    [ "$cpus" -ge 1 ] || give_up 78 slot-too-small 'the slot has less than one CPU, and a container has whole ones'
    case $environment in
        undefined) give_up 75 startd-unread 'condor_startd does not show PisaHpcEnvironment of its jobs: condor_reconfig' ;;
        [Nn][Oo][Nn][Ee] | [Dd][Oo][Cc][Kk][Ee][Rr]-[Nn][Oo][Nn][Ee] | *[!A-Za-z0-9._-]* | [!A-Za-z0-9]*)
            give_up 78 environment-invalid 'the value of PisaHpcEnvironment is no name of an environment'
            ;;
    esac
}

# scratch_is_safe: sets scratch to the directory that the starter made for the job, which the container gets. Gives up where the user could
# have put another one in its place: only the name of the starter's own below directories that are not his to write counts.
scratch_is_safe() {
    execute=$(tr '\0' '\n' <"/proc/$parent/environ" | sed -n 's/^_CONDOR_EXECUTE=//p')
    scratch=$execute/dir_$parent
    case $execute in
        /*) ;;
        *) give_up 78 scratch-unsafe 'the condor_starter was not told where EXECUTE is' ;;
    esac
    is_kept "$execute" || give_up 78 scratch-unsafe "EXECUTE of HTCondor, $execute, is writable for others"
    is_kept_above "$execute" || give_up 78 scratch-unsafe "$above, in which EXECUTE of HTCondor is, is writable for others"
    if [ -L "$scratch" ] || [ ! -d "$scratch" ]; then give_up 75 scratch-missing "there is no directory $scratch"; fi
    [ "$(stat -c %u "$scratch")" = "$uid" ] || give_up 78 scratch-unsafe "$scratch is not the job's user's"
}

# write_ad: what pisahpc-hook is told of the job, in the form of a file of HTCondor's.
write_ad() {
    printf 'ClusterId = %s\nProcId = %s\nGlobalJobId = "%s#%s"\nNumJobStarts = %s\nMachine = "%s"\nName = "%s"\nCpus = %s\nMemory = %s\n' \
        "${number%.*}" "${number#*.}" "$scheduler" "$number" "$starts" "$node" "$slot" "$cpus" "$memory" >"$record.ad.new" &&
        mv -f "$record.ad.new" "$record.ad"
} 2>/dev/null

# The program gets what root has found out, and no more. In a session of its own nothing of it keeps HTCondor waiting.
call_hook() {
    umask 022
    case $1 in
        start)
            exec setsid env -i PATH="$PATH" LC_ALL=C BATCH_SYSTEM=HTCondor _CONDOR_JOB_AD="$record.ad" _CONDOR_MACHINE_AD="$record.ad" \
                _CONDOR_SCRATCH_DIR="$scratch" SUDO_UID="$uid" "$hooks/pisahpc-hook" "$@"
            ;;
        *) exec setsid env -i PATH="$PATH" LC_ALL=C "$hooks/pisahpc-hook" "$@" "$job" ;;
    esac
}
