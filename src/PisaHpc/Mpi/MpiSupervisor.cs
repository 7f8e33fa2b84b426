using System.Globalization;
using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>
/// What runs in the first node's container, as the job's user, around the launcher. It is sent on standard input, so that neither it nor
/// the variables show in a process list: a line with a length, and that many bytes of POSIX sh; once for the facts, once for the command.
/// After that standard input is the life line: when it ends, by the caller's will or by his death, so does every rank. Lines on it are
/// <c>look</c>, which asks what the run's processes do (<see cref="RunSnapshot"/>), and <c>started</c>, once all ranks have.
///
/// The user's variables are the launcher's alone: no PATH or LD_LIBRARY_PATH of his may change what this shell runs. And whatever the
/// container's environment holds is the ranks': this shell's own variables begin with <c>ph_</c>, since one that is exported already would
/// reach them with a value of this shell's.
/// </summary>
internal static class MpiSupervisor
{
    /// <summary>How long the launcher may take to end its ranks after TERM, in seconds, before all that is left is killed.</summary>
    public const int GraceSeconds = 2;

    /// <summary>The login's command: it takes the first part from standard input.</summary>
    public static IReadOnlyList<string> Command { get; } =
        ["exec", "sh", "-c", """IFS= read -r ph_size && ph_part=$(head -c "$ph_size") && eval "$ph_part" """.TrimEnd()];

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
        return Part($"set -- {ShellQuoting.Join(arguments)}\n{FactsScript}{RunSnapshot.Script}{LaunchScript}");
    }

    /// <summary>The second part: variables and command. The variables are a function, for the launcher alone to call.</summary>
    /// <param name="command">The launcher's command.</param>
    public static byte[] Launch(LaunchCommand command)
    {
        var text = new StringBuilder("variables() {\n");
        foreach (var (name, value) in command.Variables)
        {
            text.Append(CultureInfo.InvariantCulture, $"export {name}={ShellQuoting.Quote(value)}\n");
        }

        return Part(text.Append(CultureInfo.InvariantCulture, $":\n}}\nset -- {ShellQuoting.Join(command.Arguments)}\n").ToString());
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
        ph_run=$1 ph_directory=$2 ph_flavour=$3 ph_network=$4 ph_workdir=$5 ph_program=$6 ph_grace=$7
        shift 7
        shift
        ph_others=$* ph_peer=${1:-}
        fact() { printf '%s %s\n' "$ph_run" "$*"; }
        refuse() { fact refused "$*"; exit 1; }
        first_word() { read -r first _ && echo "$first"; }

        [ -z "$ph_workdir" ] || cd -- "$ph_workdir" 2>/dev/null ||
            refuse "the working directory $ph_workdir does not exist in the container"

        case $ph_flavour in
            openmpi) ph_names='mpirun.openmpi mpirun orterun' ;;
            mpich) ph_names='mpiexec.hydra mpirun.mpich mpiexec mpirun' ;;
            *) ph_names='mpirun mpiexec mpiexec.hydra mpirun.openmpi' ;;
        esac
        ph_launcher=
        for ph_name in $ph_names; do
            ph_path=$(command -v "$ph_name") && ph_said=$("$ph_path" --version 2>&1 </dev/null) || continue
            case $ph_said in
                *'Open MPI'* | *OpenRTE*) ph_kind=openmpi ;;
                *HYDRA* | *'Intel(R) MPI'*) ph_kind=mpich ;;
                *) continue ;;
            esac
            [ -z "$ph_flavour" ] || [ "$ph_flavour" = $ph_kind ] || continue
            ph_launcher=$ph_path
            break
        done
        [ -n "$ph_launcher" ] || refuse "the container has no MPI launcher${ph_flavour:+ of $ph_flavour}: looked for $ph_names in $PATH"
        fact launcher $ph_kind "$ph_launcher" "$(printf '%s\n' "$ph_said" | grep -m 1 '[0-9]\.[0-9]')"

        ph_interface= ph_prefix=
        if [ -n "$ph_peer" ]; then
            case $ph_network in
                '')
                    ph_address=$(getent ahostsv4 "$ph_peer" 2>/dev/null | first_word) &&
                        ph_interface=$(ip -o route get "$ph_address" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
                    [ "$ph_interface" != lo ] || ph_interface=
                    ;;
                */*)
                    ph_prefix=$ph_network
                    if command -v ip >/dev/null; then
                        ph_interface=$(ip -o addr show to "$ph_network" | { read -r _ ph_name _ && echo "$ph_name"; }) ||
                            refuse "no interface is in the network $ph_network"
                    fi
                    ;;
                *)
                    [ -d "/sys/class/net/$ph_network" ] || refuse "there is no interface $ph_network"
                    ph_interface=$ph_network
                    ;;
            esac
            [ -n "$ph_prefix" ] || [ -z "$ph_interface" ] ||
                ph_prefix=$(ip -o -4 route show dev "$ph_interface" proto kernel scope link 2>/dev/null | first_word)
        fi
        fact network "${ph_interface:--}" "${ph_prefix:--}"
        ! ls /sys/class/infiniband 2>/dev/null | grep -q . || fact infiniband
        fact cpus "$(nproc 2>/dev/null || echo 1)"
        fact ready

        """;

    /// <summary>
    /// The launcher leads a session of its own. A stop is TERM, then KILL after the grace; then whatever still carries the run's mark is
    /// killed, here and, when the launcher did not end by itself or had not started all ranks, on the other nodes: a daemon that
    /// hangs there does not hear of the end. A launcher that broke off (255, or TERM from Hydra's
    /// agent) may have lost a node, and not every launcher says which: the one that no longer answers is named.
    ///
    /// Open MPI 4 and 5 write without waiting, and when they end they throw away what a full pipe does not take: their output goes to
    /// files, which are followed until the caller has read both ends and closes the life line. What has been read is given back to the
    /// disk, where its file system knows holes (fallocate(2)), so that a file takes the room of what the caller has yet to read.
    /// </summary>
    private const string LaunchScript = """
        IFS= read -r ph_size && ph_part=$(head -c "$ph_size") && eval "$ph_part" || exit 1
        (variables && command -v -- "$ph_program") >/dev/null ||
            refuse "there is no program $ph_program in the container${ph_workdir:+, seen from $ph_workdir}"
        ph_spool=
        if [ $ph_kind = openmpi ]; then
            ph_spool=$(mktemp -d) || refuse "there is no room for output in ${TMPDIR:-/tmp} of the container"
            trap 'rm -rf "$ph_spool"' EXIT
            : >"$ph_spool/out" >"$ph_spool/err"
            ph_pace=
            ! tail -s 0.1 /dev/null 2>/dev/null || ph_pace='-s 0.1'
            tail $ph_pace -c +1 -f "$ph_spool/out" </dev/null 2>/dev/null &
            ph_followers=$!
            tail $ph_pace -c +1 -f "$ph_spool/err" </dev/null >&2 2>/dev/null &
            ph_followers="$ph_followers $!"
            give_back() {
                for fd in "/proc/$1/fd"/*; do
                    [ "$fd" -ef "$2" ] && read -r _ position <"/proc/$1/fdinfo/${fd##*/}" && fallocate -p -o 0 -l "$position" "$2"
                done
            }
            (
                trap 'kill "$timer"; exit' TERM
                while kill -0 $$; do
                    sleep 2 &
                    timer=$!
                    wait "$timer"
                    give_back "${ph_followers% *}" "$ph_spool/out"
                    give_back "${ph_followers#* }" "$ph_spool/err"
                done
            ) <&- >/dev/null 2>&1 &
            ph_followers="$ph_followers $!"
        fi
        say() { if [ -n "$ph_spool" ]; then fact "$@" >>"$ph_spool/out"; else fact "$@"; fi; }

        exec 3<&0 </dev/null 4>&1
        ph_stopped= ph_setsid=$(command -v setsid) && set -- "$ph_setsid" "$@"
        launch() {
            export PISAHPC_RUN="$ph_run"
            variables
            exec "$@"
        }
        if [ -n "$ph_spool" ]; then launch "$@" 3<&- 4>&- >>"$ph_spool/out" 2>>"$ph_spool/err" & else launch "$@" 3<&- 4>&- & fi
        ph_launcher=$!
        ph_partial=
        trap 'ph_stopped=yes; kill -TERM "$ph_launcher" 2>/dev/null' USR1 HUP INT TERM
        trap 'ph_stopped=yes ph_partial=yes; kill -TERM "$ph_launcher" 2>/dev/null' USR2

        (
            trap - USR1 USR2 HUP INT TERM
            signal=USR2
            while read -r word <&3; do
                case $word in
                    look) look >&4 3<&- & ;;
                    started) signal=USR1 ;;
                esac
            done
            kill "-$signal" $$
            sleep "$ph_grace" 4>&- &
            timer=$!
            trap 'kill "$timer" 2>/dev/null; exit' TERM
            wait "$timer"
            kill -KILL "-$ph_launcher" 2>/dev/null || kill -KILL "$ph_launcher"
        ) >/dev/null 2>&1 &
        ph_watcher=$!

        while :; do
            wait "$ph_launcher" 2>/dev/null
            ph_code=$?
            kill -0 "$ph_launcher" 2>/dev/null || break
        done
        { kill "$ph_watcher"; wait "$ph_watcher"; } 2>/dev/null

        ph_sweep="pass=0
        while [ \$pass -lt 20 ]; do
            marked=\$(grep -lazx PISAHPC_RUN=$ph_run /proc/[0-9]*/environ 2>/dev/null)
            [ -n \"\$marked\" ] || break
            for file in \$marked; do
                pid=\${file#/proc/}
                kill -KILL \${pid%/environ} 2>/dev/null
            done
            pass=\$((pass + 1))
        done"
        if [ -n "$ph_stopped" ] || [ "$ph_code" = 137 ]; then
            eval "$ph_sweep"
        fi
        if [ "$ph_code" = 137 ] || [ -n "$ph_partial" ]; then
            ph_asked=
            for ph_node in $ph_others; do
                printf '%s\n' "$ph_sweep" | ssh -F "$ph_directory/ssh_config" -o ConnectTimeout=3 -o ConnectionAttempts=1 \
                    "$ph_node" exec /bin/sh >/dev/null 2>&1 &
                ph_asked="$ph_asked $!"
            done
            [ -z "$ph_asked" ] || wait $ph_asked
        fi
        case $ph_stopped$ph_code in
            143 | 255)
                ph_asked=
                for ph_node in $ph_others; do
                    ssh -F "$ph_directory/ssh_config" -o ConnectTimeout=3 -o ConnectionAttempts=1 "$ph_node" true \
                        </dev/null >/dev/null 2>&1 || say lost "$ph_node" &
                    ph_asked="$ph_asked $!"
                done
                [ -z "$ph_asked" ] || wait $ph_asked
                ;;
        esac
        say end "$ph_code"
        if [ -n "$ph_spool" ]; then
            fact eof >>"$ph_spool/err"
            cat <&3 >/dev/null
            kill $ph_followers
        fi
        exit "$ph_code"

        """;
}
