# shellcheck shell=sh
# Asks HTCondor's schedulers for the jobs in their queues, each once. Arguments: a job's cluster and process, 1234.5, or an empty one for
# all jobs; the word ended where the history counts of a job that its queue has no more, or an empty one; the schedulers' names.
# Of the Nth scheduler json.N is what it said (an older condor_q says nothing where there is no job), words.N what was said beside, both
# encoded, and code.N the exit code. Of one job passwd and groups are its owner's, and past says that it is from the history.
# Attributes are asked for as they stand in the jobs: whatever a user wrote there is evaluated nowhere, and JSON keeps it in its place.

job=$1 ended=$2
shift 2
attributes=ClusterId,ProcId,MyType,JobStatus,JobUniverse,Owner,RemoteHost,RequestCpus,CpusProvisioned,MemoryProvisioned,QDate
attributes=$attributes,JobCurrentStartDate,EnteredCurrentStatus,CompletionDate,ExitBySignal,ExitCode,ExitSignal,HoldReason,RemoveReason
attributes=$attributes,PisaHpcEnvironment
say_and_end() { printf '%s\t%s\nend\t1\n' "$1" "$2"; exit 0; }
encode() { base64 | tr -d '\n'; }

. Batch/HTCondor/caller-choices.sh
for program in condor_q base64 ${ended:+condor_history}; do
    command -v "$program" >/dev/null || say_and_end missing "$program"
done

# ask COMMAND...: sets answer to what it said, words to what it said beside and code to its exit code.
ask() {
    answer=$({
        words=$(clean "$@" 2>&1 >&3 </dev/null)
        printf '\n%s %s\n' "$?" "$(printf '%s' "$words" | encode)" >&3
    } 3>&1)
    words=$(printf '%s\n' "$answer" | sed -n '$p')
    code=${words%% *} words=${words#* }
    answer=$(printf '%s\n' "$answer" | sed '$d')
}

printf 'now\t%s\n' "$(date +%s)"
number=0
for scheduler in "$@"; do
    number=$((number + 1))
    ask condor_q -name "$scheduler" -allusers -json -attributes "$attributes" ${job:+"$job"}
    case $ended-$code-$answer in
        # A job that is in the queue no more, and no list.
        ended-0-*'"ClusterId"'*) ;;
        ended-0-*)
            ask condor_history -name "$scheduler" -json -attributes "$attributes" -match 1 "$job"
            printf 'past\t1\n'
            ;;
    esac
    if [ -n "$job" ]; then
        owner=$(printf '%s\n' "$answer" | sed -n 's/^ *"Owner": *"\([A-Za-z0-9._-]*\)[@"].*/\1/p' | sed -n 1p)
        if [ -n "$owner" ] && passwd=$(getent passwd "$owner") && groups=$(id -G "${passwd%%:*}"); then
            printf 'passwd\t%s\ngroups\t%s\n' "$passwd" "$groups"
        fi
    fi
    printf 'code.%s\t%s\nwords.%s\t%s\njson.%s\t%s\n' "$number" "$code" "$number" "$words" "$number" "$(printf '%s' "$answer" | encode)"
done
printf 'end\t1\n'
