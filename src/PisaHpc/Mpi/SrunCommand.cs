using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>
/// The command line of srun(1) for a run: a step of the job beside those that it has (<c>--overlap</c>), in which each task is the client
/// of its node's agent, and the rank is what that agent starts.
/// </summary>
internal static class SrunCommand
{
    private static readonly NodeScript RankScript = NodeScript.Of("Mpi/srun-rank.sh");

    /// <summary>The command, with where each rank goes: srun's own distributions do not fill uneven nodes in their order.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="map">Where the ranks run.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.MpiLaunchFailed"/>: a node is in no component of a heterogeneous job.</exception>
    public static LaunchCommand For(MpiRequest request, RankMap map, LauncherFacts facts)
    {
        AllocatedNode[] places = [.. map.Places];
        var parts = facts.Components.Count == 0
            ? [Part(request, map, places, [])]
            : places.GroupBy(place => ComponentOf(place, request, facts))
                .Select(part => Part(request, map, [.. part], Of(part.Key, part))).ToArray();
        return new LaunchCommand(
            [
                facts.Path, "--jobid", request.JobId, $"--mpi={TypeOf(request)}", "--label", "--input=none", "--kill-on-bad-exit=1",
                .. parts[0], .. parts.Skip(1).SelectMany(part => part.Prepend(":")),
            ],
            new Dictionary<string, string> { ["PISAHPC_VARIABLES"] = Text(request, RankVariables(request, map, facts)) })
        {
            Places = facts.Components.Count == 0 ? places : [],
        };
    }

    /// <summary>One of the step's parts: the only one, or one for each component that ranks go to (heterogeneous_jobs.html).</summary>
    private static string[] Part(MpiRequest request, RankMap map, AllocatedNode[] places, IEnumerable<string> component) =>
    [
        "--overlap", .. component, "--ntasks", places.Sum(place => place.Slots).ToString(CultureInfo.InvariantCulture),
        "--distribution=arbitrary", "--cpu-bind=none", "--chdir=/",
        .. map.IsOversubscribed ? ["--overcommit"] : Array.Empty<string>(),
        .. request.LauncherOptions,
        .. Client(request),
        .. RankScript.Command(HasSeparator(request) ? [] : [request.Command, .. request.Arguments]),
    ];

    /// <summary>A colon alone begins another part for srun, wherever it stands: the command goes the way of the variables then.</summary>
    private static bool HasSeparator(MpiRequest request) => request.Arguments.Contains(":") || request.Command == ":";

    /// <summary>A component, with a node's name for each of its ranks: there is one host file for all parts.</summary>
    private static IEnumerable<string> Of(int component, IEnumerable<AllocatedNode> places) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"--het-group={component}"),
        $"--nodelist={string.Join(',', places.SelectMany(place => Enumerable.Repeat(place.Name, place.Slots)))}",
    ];

    private static int ComponentOf(AllocatedNode place, MpiRequest request, LauncherFacts facts) =>
        facts.Components.TryGetValue(place.Name, out var component) ? component : throw new HpcException(
            ErrorId.MpiLaunchFailed, $"Node {place.Name} is in no component that Slurm has of job {request.JobId}.", place.Name);

    /// <summary>Slurm's word for what the ranks find each other by: MPICH's PMI-1, too, is spoken by the plug-in pmi2.</summary>
    private static string TypeOf(MpiRequest request) => request.Flavour == MpiFlavour.Mpich ? "pmi2" : "pmix";

    private static IEnumerable<string> Client(MpiRequest request)
    {
        var agent = request.Access.Agent
            ?? throw new ArgumentException("srun starts ranks by agents, and the containers have none.", nameof(request));
        return
        [
            $"{agent.Program}/pisahpc-run", "--socket", agent.Socket, "--wait", "10",
            .. request.WorkingDirectory is { } directory ? ["--cd", directory] : (string[])["--home"],
            "--no-tty", "--",
        ];
    }

    /// <summary>What ranks need where their user says nothing of it.</summary>
    private static Dictionary<string, string> RankVariables(MpiRequest request, RankMap map, LauncherFacts facts)
    {
        var variables = request.Flavour == MpiFlavour.Mpich ? [] : OfOpenMpi(request, map, facts);
        foreach (var (own, value) in facts.TransportVariables.Concat(request.Environment))
        {
            variables[own] = value;
        }

        return variables;
    }

    /// <summary>PMIx's client otherwise looks for shared memory of the node's daemon, which a container does not see.</summary>
    private static Dictionary<string, string> OfOpenMpi(MpiRequest request, RankMap map, LauncherFacts facts)
    {
        var variables = new Dictionary<string, string> { ["PMIX_MCA_gds"] = "hash" };
        if (facts.NetworkOrInterface is { } network && !request.Environment.ContainsKey("OMPI_MCA_btl_tcp_if_exclude"))
        {
            variables["OMPI_MCA_btl_tcp_if_include"] = network;
        }

        if (map.IsCrowded(facts.Cpus))
        {
            variables["OMPI_MCA_mpi_yield_when_idle"] = "1";
        }

        return variables;
    }

    /// <summary>What the rank's shell is to take up: its variables and, where srun cannot be told it, its command.</summary>
    private static string Text(MpiRequest request, Dictionary<string, string> variables) => string.Join('\n', [
        .. variables.Select(pair => $"export {pair.Key}={ShellQuoting.Quote(pair.Value)}"),
        .. HasSeparator(request) ? [$"set -- {ShellQuoting.Join([request.Command, .. request.Arguments])}"] : Array.Empty<string>(),
    ]);
}
