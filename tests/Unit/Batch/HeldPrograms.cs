using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch;

/// <summary>
/// Programs of batch systems over the files of a <see cref="HoldingHost"/>, in the form of their documentation: scontrol(1) and
/// squeue(1); bhosts(1) and badmin(8) of LSF 10.1; condor_status(1), condor_drain(1) and the words of drain.cpp and ResMgr.cpp.
/// </summary>
internal static class HeldPrograms
{
    public static IReadOnlyDictionary<string, string> Of(Scheduler system) => system switch
    {
        Scheduler.Slurm => Slurm,
        Scheduler.Lsf => Lsf,
        _ => HTCondor,
    };

    private static IReadOnlyDictionary<string, string> Slurm { get; } = new Dictionary<string, string>
    {
        ["scontrol"] = """
            if [ "$1" = show ]; then
                state=IDLE
                [ ! -e down ] || state=DOWN
                [ ! -e closed ] || state=$state+DRAIN
                printf 'NodeName=n1\n   State=%s ThreadsPerCore=1\n' "$state"
                [ ! -e closed ] || printf '   Reason=%s [root@1795906300]\n' "$(cat closed)"
                exit
            fi
            [ "$1 $2" = 'update NodeName=n1' ] || exit 64
            [ ! -e denied ] || { echo 'slurm_update error: Invalid user id' >&2; exit 1; }
            case $3 in
            State=DRAIN) printf %s "${4#Reason=}" >closed.new && mv closed.new closed ;;
            State=UNDRAIN) rm -f closed ;;
            esac
            """,
        ["squeue"] = """
            [ ! -e deaf ] || { echo 'Zero Bytes were transmitted or received' >&2; exit 1; }
            seq 41 $((40 + $(cat jobs)))
            """,
    };

    private static IReadOnlyDictionary<string, string> Lsf { get; } = new Dictionary<string, string>
    {
        ["bhosts"] = """
            [ "$1 $2" = '-l n1' ] || exit 64
            state=ok
            [ ! -e full ] || state=closed_Full
            [ ! -e closed ] || state=closed_Adm
            [ ! -e down ] || state=unreach
            run=$(cat jobs)
            printf 'HOST  n1.pisa.it\n'
            printf 'STATUS           CPUF  JL/U    MAX  NJOBS    RUN  SSUSP  USUSP    RSV DISPATCH_WINDOW\n'
            printf '%-15s  60.00     -     24  %5s  %5s      0      0      0      -\n\n' "$state" "$run" "$run"
            printf ' CURRENT LOAD USED FOR SCHEDULING:\n                r15s   r1m  r15m    ut\n Total           0.0   0.0   0.0    0%%\n\n'
            quote=$(cat quote 2>/dev/null)
            [ ! -e closed ] || printf ' ADMIN ACTION COMMENT: %s%s%s\n' "$quote" "$(cat closed)" "$quote"
            """,
        ["badmin"] = """
            [ ! -e denied ] || { echo 'User permission denied' >&2; exit 255; }
            [ -z "${LSF_SERVERDIR-}" ] || { echo "by $LSF_SERVERDIR" >&2; exit 255; }
            case $1-$2 in
            hclose--C) printf %s "$3" >closed.new && mv closed.new closed; echo "Close <$4> ...... done" ;;
            hopen-n1) rm -f closed; echo 'Open <n1> ...... done' ;;
            *) exit 64 ;;
            esac
            """,
    };

    /// <summary>Each job has a slot. "short" is there where one has less retirement time than is waited; "id" counts drains.</summary>
    private static IReadOnlyDictionary<string, string> HTCondor { get; } = new Dictionary<string, string>
    {
        ["condor_status"] = """
            [ "$*" = '-direct n1 -af State Activity Draining DrainingRequestId DrainReason' ] || exit 64
            drain='undefined undefined undefined' free=Unclaimed
            if [ -e closed ]; then
                drain="true $(cat id) $(cat closed)" free=Drained
                [ ! -e old ] || drain="true $(cat id) undefined"
            fi
            printf '%s Idle %s\n' "$free" "$drain"
            seq "$(cat jobs)" | sed "s/.*/Claimed Busy $drain/"
            """,
        ["condor_drain"] = """
            if [ "$1" = -cancel ]; then
                [ "$2 $4" = '-request-id n1' ] && [ "$(cat id)" = "$3" ] || { echo "No matching draining request id $3." >&2; exit 1; }
                rm -f closed
                exit
            fi
            [ "$1 $2 $3 $4 $6 $8" = '-graceful -start False -reason -check n1' ] || exit 64
            printf '%s\n' "$7" >check
            failed='Attempt to send DRAIN_JOBS to startd <10.0.0.1:9618> failed'
            [ ! -e denied ] || { printf '%s\nnot authorized\n' "$failed" >&2; exit 1; }
            if [ -e closed ]; then
                printf '%s\n%s: error code 1: Draining already in progress.\n' "$failed" 'Received failure' >&2
                exit 1
            fi
            if [ -e short ] && [ "$(cat jobs)" != 0 ]; then
                printf '%s\n%s: error code 3: Draining check expression is false on slot1_1@n1.\n' "$failed" 'Received failure' >&2
                exit 1
            fi
            echo $(($(cat id 2>/dev/null || echo 0) + 1)) >id
            printf %s "$5" >closed.new && mv closed.new closed
            """,
    };
}
