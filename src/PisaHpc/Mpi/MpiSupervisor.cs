using System.Globalization;
using System.Text;
using PisaHpc.Access.Ssh;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>
/// What runs around the launcher, as the job's user: in the first node's container, or for srun on the first node. It is sent on standard
/// input, so that neither it nor the variables show in a process list: a line with a length, and that many bytes of POSIX sh; once for the
/// facts, once for the command. After that standard input is the life line: when it ends, by the caller's will or by his death, so does
/// every rank. Lines on it are <c>look</c>, which asks what the run's processes do (<see cref="RunSnapshot"/>), <c>started</c>, once all
/// ranks have, and <c>hold</c> and <c>go</c> (<see cref="OutputWindow"/>).
///
/// The user's variables are the launcher's alone: no PATH or LD_LIBRARY_PATH of his may change what this shell runs. And whatever the
/// container's environment holds is the ranks': this shell's own variables begin with <c>ph_</c>, since one that is exported already would
/// reach them with a value of this shell's.
/// </summary>
internal static class MpiSupervisor
{
    /// <summary>How long the launcher may take to end its ranks after TERM, in seconds, before all that is left is killed.</summary>
    public const int GraceSeconds = 2;

    private static readonly NodeScript ReadPart = NodeScript.Of("Mpi/read-part.sh");

    private static readonly NodeScript ImageSupervisor = NodeScript.Of("Mpi/supervisor.sh");

    private static readonly NodeScript SrunSupervisor = NodeScript.Of("Mpi/srun-supervisor.sh");

    private static readonly NodeScript SrunLogin = NodeScript.Of("Mpi/srun-login.sh");

    /// <summary>The command on the first node: it takes the first part from standard input.</summary>
    public static IReadOnlyList<string> CommandFor(MpiRequest request) => request.Launcher == MpiLauncher.Srun
        ? SrunLogin.Command([request.Directory, .. ReadPart.Command()])
        : ((SshAccess)request.Access).CommandOn(request.Nodes[0].Name, ["exec", .. ReadPart.Command()]);

    /// <summary>The first part: it answers with facts, one a line, each after the run's mark.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="run">The run's mark.</param>
    public static byte[] Facts(MpiRequest request, string run)
    {
        string[] arguments =
        [
            run, request.Directory, FlavourName(request.Flavour), request.Network ?? "", request.WorkingDirectory ?? "", request.Command,
            GraceSeconds.ToString(CultureInfo.InvariantCulture), request.JobId, request.Access.Agent?.Program ?? "",
            .. request.Nodes.Select(node => node.Name),
        ];
        var supervisor = request.Launcher == MpiLauncher.Srun ? SrunSupervisor : ImageSupervisor;
        return Part($"set -- {ShellQuoting.Join(arguments)}\n{supervisor.Text}\n");
    }

    /// <summary>
    /// The second part: variables and command, and for srun where the ranks go. The variables are a function, for the launcher alone to
    /// call.
    /// </summary>
    /// <param name="command">The launcher's command.</param>
    public static byte[] Launch(LaunchCommand command)
    {
        var text = new StringBuilder();
        Define("variables", command.Variables.Select(pair => $"export {pair.Key}={ShellQuoting.Quote(pair.Value)}"));
        Define("hosts", command.Places.Select(block => string.Create(CultureInfo.InvariantCulture, $"place {block.Name} {block.Slots}")));
        return Part(text.Append(CultureInfo.InvariantCulture, $"set -- {ShellQuoting.Join(command.Arguments)}\n").ToString());

        void Define(string function, IEnumerable<string> lines) =>
            text.Append(CultureInfo.InvariantCulture, $"{function}() {{\n").AppendJoin('\n', lines.Append(":")).Append("\n}\n");
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
}
