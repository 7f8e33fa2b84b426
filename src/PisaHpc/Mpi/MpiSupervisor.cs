using System.Globalization;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Mpi;

/// <summary>
/// What runs in the first node's container, as the job's user, around the launcher. It is sent on standard input, so that neither it nor the
/// variables show in a process list: a line with a length, and that many bytes of POSIX sh; once for the facts, once for the command.
/// After that standard input is the life line: when it ends, by the caller's will or by his death, so does every rank.
/// </summary>
internal static class MpiSupervisor
{
    /// <summary>How long the launcher may take to end its ranks after TERM, in seconds, before all that is left is killed.</summary>
    public const int GraceSeconds = 2;

    /// <summary>The login's command: it takes the first part from standard input.</summary>
    public static IReadOnlyList<string> Command { get; } =
        ["exec", "sh", "-c", """IFS= read -r size && part=$(head -c "$size") && eval "$part" """.TrimEnd()];

    /// <summary>The first part: it answers with facts, one a line, each after the run's mark.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="run">The run's mark.</param>
    public static byte[] Facts(MpiRequest request, string run)
    {
        string[] arguments =
        [
            run, request.Directory, FlavourName(request.Flavour), request.Network ?? "", request.WorkingDirectory ?? "", request.Command,
            GraceSeconds.ToString(CultureInfo.InvariantCulture), .. request.Nodes.Select(node => node.Name),
        ];
        return Part($"set -- {ShellQuoting.Join(arguments)}\n{FactsScript}{LaunchScript}");
    }

    /// <summary>The second part: variables and command.</summary>
    /// <param name="command">The launcher's command.</param>
    public static byte[] Launch(LaunchCommand command)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in command.Variables)
        {
            text.Append(CultureInfo.InvariantCulture, $"export {name}={ShellQuoting.Quote(value)}\n");
        }

        return Part(text.Append(CultureInfo.InvariantCulture, $"set -- {ShellQuoting.Join(command.Arguments)}\n").ToString());
    }

    private static byte[] Part(string script)
    {
        var bytes = Encoding.UTF8.GetBytes(script);
        return [.. Encoding.ASCII.GetBytes(bytes.Length.ToString(CultureInfo.InvariantCulture) + "\n"), .. bytes];
    }

    private static string FlavourName(MpiFlavour? flavour) => flavour switch
    {
        null => "",
        MpiFlavour.OpenMpi => "openmpi",
        MpiFlavour.Mpich => "mpich",
        _ => throw new ArgumentOutOfRangeException(nameof(flavour), flavour, "No launcher is known for this flavour."),
    };

    private const string FactsScript = """
        set -u
        run=$1 directory=$2 flavour=$3 network=$4 workdir=$5 program=$6 grace=$7
        shift 7
        shift
        others=$* peer=${1:-}
        fact() { printf '%s %s\n' "$run" "$*"; }
        refuse() { fact refused "$*"; exit 1; }
        first_word() { read -r first _ && echo "$first"; }

        [ -z "$workdir" ] || cd -- "$workdir" 2>/dev/null || refuse "the working directory $workdir does not exist in the container"

        case $flavour in
            openmpi) names='mpirun.openmpi mpirun orterun' ;;
            mpich) names='mpiexec.hydra mpirun.mpich mpiexec mpirun' ;;
            *) names='mpirun mpiexec mpiexec.hydra mpirun.openmpi' ;;
        esac
        launcher=
        for name in $names; do
            path=$(command -v "$name") && said=$("$path" --version 2>&1 </dev/null) || continue
            case $said in
                *'Open MPI'* | *OpenRTE*) kind=openmpi ;;
                *HYDRA* | *'Intel(R) MPI'*) kind=mpich ;;
                *) continue ;;
            esac
            [ -z "$flavour" ] || [ "$flavour" = $kind ] || continue
            launcher=$path
            break
        done
        [ -n "$launcher" ] || refuse "the container has no MPI launcher${flavour:+ of $flavour}: looked for $names in $PATH"
        fact launcher $kind "$launcher" "$(printf '%s\n' "$said" | grep -m 1 '[0-9]\.[0-9]')"

        interface= prefix=
        if [ -n "$peer" ]; then
            case $network in
                '')
                    address=$(getent ahostsv4 "$peer" 2>/dev/null | first_word) &&
                        interface=$(ip -o route get "$address" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
                    [ "$interface" != lo ] || interface=
                    ;;
                */*)
                    prefix=$network
                    if command -v ip >/dev/null; then
                        interface=$(ip -o addr show to "$network" | { read -r _ name _ && echo "$name"; }) ||
                            refuse "no interface is in the network $network"
                    fi
                    ;;
                *)
                    [ -d "/sys/class/net/$network" ] || refuse "there is no interface $network"
                    interface=$network
                    ;;
            esac
            [ -n "$prefix" ] || [ -z "$interface" ] ||
                prefix=$(ip -o -4 route show dev "$interface" proto kernel scope link 2>/dev/null | first_word)
        fi
        fact network "${interface:--}" "${prefix:--}"
        ! ls /sys/class/infiniband 2>/dev/null | grep -q . || fact infiniband
        fact cpus "$(nproc 2>/dev/null || echo 1)"
        fact ready

        """;

    /// <summary>
    /// The launcher leads a session of its own. A stop is TERM, then KILL after the grace; then whatever still carries the run's mark is
    /// killed, here and, when the launcher did not end by itself, on the other nodes. A launcher that broke off (255, or TERM from Hydra's
    /// agent) may have lost a node, and not every launcher says which: the one that no longer answers is named.
    ///
    /// Open MPI 4 and 5 write without waiting, and when they end they throw away what a full pipe does not take: their output goes to files,
    /// which are followed until the caller has read both ends and closes the life line.
    /// </summary>
    private const string LaunchScript = """
        IFS= read -r size && part=$(head -c "$size") && eval "$part" || exit 1
        command -v -- "$program" >/dev/null || refuse "there is no program $program in the container${workdir:+, seen from $workdir}"
        spool=
        if [ $kind = openmpi ]; then
            spool=$(mktemp -d) || refuse "there is no room for output in ${TMPDIR:-/tmp} of the container"
            trap 'rm -rf "$spool"' EXIT
            : >"$spool/out" >"$spool/err"
            pace=
            ! tail -s 0.1 /dev/null 2>/dev/null || pace='-s 0.1'
            tail $pace -c +1 -f "$spool/out" </dev/null 2>/dev/null &
            followers=$!
            tail $pace -c +1 -f "$spool/err" </dev/null >&2 2>/dev/null &
            followers="$followers $!"
        fi
        say() { if [ -n "$spool" ]; then fact "$@" >>"$spool/out"; else fact "$@"; fi; }

        export PISAHPC_RUN="$run"
        exec 3<&0 </dev/null
        stopped= code=
        command -v setsid >/dev/null && set -- setsid "$@"
        if [ -n "$spool" ]; then "$@" 3<&- >>"$spool/out" 2>>"$spool/err" & else "$@" 3<&- & fi
        launcher=$!
        trap 'stopped=yes; kill -TERM "$launcher" 2>/dev/null' USR1 HUP INT TERM

        (
            trap - USR1 HUP INT TERM
            while read -r _ <&3; do :; done
            kill -USR1 $$
            sleep "$grace" &
            timer=$!
            trap 'kill "$timer" 2>/dev/null; exit' TERM
            wait "$timer"
            kill -KILL "-$launcher" 2>/dev/null || kill -KILL "$launcher"
        ) >/dev/null 2>&1 &
        watcher=$!

        while :; do
            wait "$launcher"
            code=$?
            kill -0 "$launcher" 2>/dev/null || break
        done
        { kill "$watcher"; wait "$watcher"; } 2>/dev/null

        unset PISAHPC_RUN
        sweep="pass=0
        while [ \$pass -lt 20 ]; do
            marked=\$(grep -lazx PISAHPC_RUN=$run /proc/[0-9]*/environ 2>/dev/null)
            [ -n \"\$marked\" ] || break
            for file in \$marked; do
                pid=\${file#/proc/}
                kill -KILL \${pid%/environ} 2>/dev/null
            done
            pass=\$((pass + 1))
        done"
        if [ -n "$stopped" ] || [ "$code" = 137 ]; then
            eval "$sweep"
        fi
        if [ "$code" = 137 ]; then
            asked=
            for node in $others; do
                ssh -F "$directory/ssh_config" "$node" "$sweep" >/dev/null 2>&1 &
                asked="$asked $!"
            done
            [ -z "$asked" ] || wait $asked
        fi
        case $stopped$code in
            143 | 255)
                asked=
                for node in $others; do
                    ssh -F "$directory/ssh_config" -o ConnectTimeout=3 -o ConnectionAttempts=1 "$node" true </dev/null >/dev/null 2>&1 ||
                        say lost "$node" &
                    asked="$asked $!"
                done
                [ -z "$asked" ] || wait $asked
                ;;
        esac
        say end "$code"
        if [ -n "$spool" ]; then
            fact eof >>"$spool/err"
            cat <&3 >/dev/null
            kill $followers
        fi
        exit "$code"

        """;
}
