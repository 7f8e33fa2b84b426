# shellcheck shell=sh
# Has HTCondor give a machine no new job for a while: Batch/hold-node.sh says how. Arguments: those of hold_node there.
# condor_drain(1) alone has what that takes: a reason, which the machine shows, an id by which one drain is taken back and no other, and a
# way back while jobs run. condor_off -peaceful has none of the three; START by condor_config_val -rset needs ENABLE_RUNTIME_CONFIG.
# But a graceful drain evicts a job whose retirement time is over (MAXJOBRETIREMENTTIME), and without that setting at once. So the drain has
# a check, which condor_startd does in one step with its beginning: each job has more time than we may wait (what job_max_vacate_time takes
# from it is not shown). Where one has not, nothing is drained, and it is tried again.

. Batch/HTCondor/caller-choices.sh
. Batch/hold-node.sh
# A slot's State, Activity, Draining, DrainingRequestId and DrainReason (machine-classad-attributes.rst), which may be undefined.
slots() { printf '%s\n' "$ads" | grep -E '^[A-Z][a-z]+ [A-Z][a-z]+ [a-z]+ [^ ]+ '; }
# shellcheck disable=SC2034 # hold_node reads them
read_node() {
    ads=$(clean condor_status -direct "$node" -af State Activity Draining DrainingRequestId DrainReason 2>&1) || {
        words=$ads
        return 1
    }
    words="condor_status shows no slot: $ads"
    slots >/dev/null || return
    standing=open state='not drained' request='' because=''
    drained=$(slots | awk '$3 == "true"' | sed -n 1p)
    [ -n "$drained" ] || return 0
    standing=closed state=drained
    because=${drained#* * * } request=${because%% *} because=${because#* }
}
# One question told both. A slot without a job is Drained. Whoever drains to have a whole machine, as condor_defrag, has that end by itself
# when all slots are, and idle.
# shellcheck disable=SC2034 # hold_node reads it
read_jobs() {
    free='^(Unclaimed|Owner|Drained) '
    [ "$holder" = me ] || free='^Drained Idle '
    jobs=$(slots | grep -Evc "$free") && jobs="$jobs slots" || jobs=''
}
close_node() {
    # What a caller of ours left drained.
    [ "$standing" = open ] || { words=$(clean condor_drain -cancel -request-id "$request" "$node" 2>&1) || return 1; }
    left=$((deadline - $(date +%s)))
    # A minute more for giving back, and another one since a startd looks at its own slots from time to time.
    least=$(((left > 0 ? left : 0) + 120))
    remaining='(Activity =?= "Idle" ? MaxJobRetirementTime : RetirementTimeRemaining)'
    words=$(clean condor_drain -graceful -start False -reason "$reason" \
        -check "State =!= \"Claimed\" || ($remaining - MachineMaxVacateTime > $least) =?= true" "$node" 2>&1) || {
        case $words in
            *'check expression is false'*) words='a drain would end them: MAXJOBRETIREMENTTIME is less than the wait' ;;
            *'already in progress'*) words='somebody else has begun to drain it' ;;
            *) return 1 ;;
        esac
        return 75
    }
    answer=$words
    # Another one could not be known from ours.
    if read_node && [ "$because" = undefined ]; then
        open_node >/dev/null 2>&1
        words='its startd does not show why it drains: HTCondor 9.0 is the first that does'
        return 1
    fi
    words=$answer
}
open_node() { clean condor_drain -cancel -request-id "$request" "$node"; }

need condor_drain condor_status
hold_node "$@"
