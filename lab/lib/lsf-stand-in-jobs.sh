# shellcheck shell=sh disable=SC2154 # what lsf-stand-in.sh, which reads this, has
# What the stand-in for LSF knows of its jobs, and bjobs, which tells it in the form of its documentation (bjobs(1), -o). A file
# TOP/jobs/ID.INDEX is a job, and TOP/forgotten/ID.INDEX one of which bjobs knows nothing any more. While TOP/down is there, a fifo, LSF is
# down, and who asks waits until somebody writes there.

# job_is STATE: writes down how the job stands.
job_is() {
    state=$1 now=$(date +%s)
    case $state in
        PEND) submitted=${submitted:-$now} started='' ended='' code='' ;;
        RUN) started=$now ;;
        DONE) ended=$now ;;
        EXIT) ended=$now code=$result ;;
    esac
    mkdir -p "$top/jobs" "$top/forgotten"
    for name in state app hosts submitted started ended code stamp; do
        eval "printf \"%s='%s'\n\" \"\$name\" \"\$$name\""
    done >"$top/new.$id.$index"
    mv -f "$top/new.$id.$index" "$top/jobs/$id.$index"
}

# LSF forgets a job CLEAN_PERIOD after its end.
forget() {
    job_of "$1"
    mv "$top/jobs/$id.$index" "$top/forgotten/$id.$index"
}

# job_of ID[INDEX]: sets id and index.
job_of() {
    id=${1%%\[*} index=0
    case $1 in *'['*) index=${1#*\[} index=${index%\]} ;; esac
}

# field NAME: prints what bjobs prints for it.
field() {
    case $1 in
        jobid) printf '%s' "$id" ;;
        jobindex) printf '%s' "$index" ;;
        stat) printf '%s' "$state" ;;
        user) printf hpcuser ;;
        queue) printf normal ;;
        app) printf '%s' "${app:--}" ;;
        exec_host)
            # shellcheck disable=SC2086 # pairs of words
            pairs=$(printf '%s\n' $hosts | paste -d ' ' - - | sed 's/^\(.*\) \(.*\)$/\2*\1/' | paste -sd :)
            if [ "$state" = PEND ]; then printf -- -; else printf '%s' "$pairs"; fi
            ;;
        submit_time) clock "$submitted" ;;
        start_time) clock "$started" ;;
        finish_time) clock "$ended" ;;
        exit_code) printf '%s' "${code:--}" ;;
        *) printf -- - ;;
    esac
}

clock() { if [ -n "$1" ]; then date -d "@$1" '+%b %e %H:%M'; else printf -- -; fi; }

bjobs() {
    all='' format='' wanted=''
    while [ $# -gt 0 ]; do
        case $1 in
            -a) all=yes ;;
            -u) shift ;;
            -X | -noheader) ;;
            -o) shift && format=$1 ;;
            *) wanted=$1 ;;
        esac
        shift
    done
    if [ -p "$top/down" ]; then
        echo 'LSF is down. Please wait ...' >&2
        read -r _ <"$top/down"
    fi
    delimiter=${format##*delimiter=?} delimiter=${delimiter%?}
    found=''
    for file in "$top"/jobs/*; do
        [ -f "$file" ] || continue
        id=${file##*/} index=${file##*.}
        id=${id%.*}
        case $wanted in '' | "$id" | "${id}[$index]") ;; *) continue ;; esac
        # shellcheck disable=SC1090 # a job's
        . "$file"
        case $all$state in DONE | EXIT) continue ;; esac
        found=yes line=''
        for name in ${format%delimiter=*}; do line=$line${line:+$delimiter}$(field "$name"); done
        printf '%s\n' "$line"
    done
    [ -z "$found" ] || return 0
    if [ -n "$wanted" ]; then echo "Job <$wanted> is not found" >&2; else echo 'No job found' >&2; fi
    return 255
}
