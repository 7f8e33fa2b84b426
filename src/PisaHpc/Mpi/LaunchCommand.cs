using System.Globalization;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>A launcher's command line, and the variables that it reads.</summary>
/// <param name="Arguments">The launcher and its arguments.</param>
/// <param name="Variables">What is set for the launcher.</param>
internal sealed record LaunchCommand(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Variables)
{
    private static readonly NodeScript RankScript = NodeScript.Of("Mpi/rank.sh");

    /// <summary>The nodes with their ranks, in order; none for a launcher that is told of them by its arguments.</summary>
    public IReadOnlyList<AllocatedNode> Places { get; init; } = [];

    /// <summary>Makes the command for a launcher.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="map">Where the ranks run.</param>
    /// <param name="run">The run's mark.</param>
    public static LaunchCommand For(MpiRequest request, RankMap map, LauncherFacts facts, string run)
    {
        if (facts.Launcher == MpiLauncher.Srun)
        {
            return SrunCommand.For(request, map, facts);
        }

        IEnumerable<string> arguments = (facts.Flavour, facts.Major) switch
        {
            (MpiFlavour.Mpich, _) => Hydra(request, map, facts, run),
            (_, >= 5) => OpenMpi5(request, map, facts),
            _ => OpenMpi4(request, map, facts),
        };
        var variables = new Dictionary<string, string>();
        if (facts.Flavour == MpiFlavour.Mpich)
        {
            AddHydraVariables(variables, request, facts);
        }

        foreach (var (name, value) in request.Environment)
        {
            variables[name] = value;
        }

        return new LaunchCommand([.. arguments], variables);
    }

    /// <summary>Open MPI up to 4: mpirun(1), ORTE.</summary>
    private static IEnumerable<string> OpenMpi4(MpiRequest request, RankMap map, LauncherFacts facts) =>
    [
        facts.Path,
        "--mca", "plm", "rsh", "--mca", "plm_rsh_agent", "ssh", "--mca", "plm_rsh_args", ClientOption(request),
        .. Option("--mca", "btl_tcp_if_include", facts),
        .. Option("--mca", "oob_tcp_if_include", facts),
        .. FullNames(request, "--mca", "orte_keep_fqdn_hostnames"),
        .. YieldWhenCrowded(map, facts),
        .. Hosts(request, map, MpiFlavour.OpenMpi, "--hostfile", "--host"),
        "-np", Number(map.Ranks), "--map-by", "slot", "--tag-output",
        .. Exports(request),
        .. WorkingDirectory(request),
        .. request.LauncherOptions,
        .. Rank(request),
    ];

    /// <summary>
    /// Open MPI 5: prterun(1), PRRTE. Its own parameters are <c>--prtemca</c>; raw output is tagged where it was cut, too.
    /// </summary>
    private static IEnumerable<string> OpenMpi5(MpiRequest request, RankMap map, LauncherFacts facts) =>
    [
        facts.Path,
        "--prtemca", "plm", "ssh", "--prtemca", "plm_ssh_agent", "ssh", "--prtemca", "plm_ssh_args", ClientOption(request),
        .. Option("--mca", "btl_tcp_if_include", facts),
        .. Option("--prtemca", "prte_if_include", facts),
        .. FullNames(request, "--prtemca", "prte_keep_fqdn_hostnames"),
        .. YieldWhenCrowded(map, facts),
        .. Hosts(request, map, MpiFlavour.OpenMpi, "--hostfile", "--host"),
        "-np", Number(map.Ranks), "--map-by", "slot", "--stdin", "none", "--output", "tag:raw",
        .. Exports(request),
        .. WorkingDirectory(request),
        .. request.LauncherOptions,
        .. Rank(request),
    ];

    /// <summary>MPICH: mpiexec(1), Hydra. Its tags are set to something that no program prints.</summary>
    private static IEnumerable<string> Hydra(MpiRequest request, RankMap map, LauncherFacts facts, string run) =>
    [
        facts.Path,
        "-launcher", "ssh",
        .. facts.Interface is null ? Array.Empty<string>() : ["-iface", facts.Interface],
        .. Hosts(request, map, MpiFlavour.Mpich, "-f", "-hosts"),
        "-np", Number(map.Ranks), "-prepend-pattern", $"<{run}:%r>",
        .. WorkingDirectory(request),
        .. request.LauncherOptions,
        .. Rank(request),
    ];

    /// <summary>
    /// A rank's command. It says itself that it started and how it ended: MPICH's launcher never says which rank failed, Open MPI 4's not
    /// always, and Open MPI 5's ends with 0 when a whole node is lost. The shell around it survives the signals by which a program may be
    /// told to save its state.
    /// </summary>
    private static IReadOnlyList<string> Rank(MpiRequest request) => RankScript.Command([request.Command, .. request.Arguments]);

    private static void AddHydraVariables(Dictionary<string, string> variables, MpiRequest request, LauncherFacts facts)
    {
        variables["HYDRA_LAUNCHER_EXEC"] = "/bin/sh";

        // MPICH before 4.0 knows the second name only.
        variables["HYDRA_LAUNCHER_EXTRA_ARGS"] = $"{request.Directory}/{HydraAgent.FileName}";
        variables["HYDRA_LAUNCH_EXTRA_ARGS"] = $"{request.Directory}/{HydraAgent.FileName}";
        foreach (var (name, value) in facts.TransportVariables)
        {
            variables[name] = value;
        }
    }

    private static string ClientOption(MpiRequest request) => $"-F {request.Directory}/{JobSshFiles.ClientConfig}";

    private static string[] Option(string kind, string name, LauncherFacts facts) =>
        facts.NetworkOrInterface is null ? [] : [kind, name, facts.NetworkOrInterface];

    /// <summary>
    /// Open MPI cuts names at their first dot: nodes that share it become one, and ssh is given a name that it does not know (ompi#4732).
    /// </summary>
    private static string[] FullNames(MpiRequest request, string kind, string name) =>
        request.Nodes.Any(node => node.Name.Contains('.', StringComparison.Ordinal)) ? [kind, name, "1"] : [];

    private static string[] YieldWhenCrowded(RankMap map, LauncherFacts facts) =>
        map.IsCrowded(facts.Cpus) ? ["--mca", "mpi_yield_when_idle", "1"] : [];

    private static string[] Hosts(MpiRequest request, RankMap map, MpiFlavour flavour, string fileOption, string listOption) =>
        request.IsWholeJob && !map.IsOversubscribed
            ? [fileOption, $"{request.Directory}/{MpiHostFile.NameFor(flavour)}"]
            : [listOption, string.Join(',', map.Blocks.Select(node => $"{node.Name}:{Number(node.Slots)}"))];

    private static IEnumerable<string> Exports(MpiRequest request) =>
        request.Environment.Keys.Order(StringComparer.Ordinal).Append(SessionVariables.RunMark).SelectMany(name => new[] { "-x", name });

    private static string[] WorkingDirectory(MpiRequest request) =>
        request.WorkingDirectory is null ? [] : ["-wdir", request.WorkingDirectory];

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
