using System.Globalization;
using PisaHpc.Nodes;

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
    public static LaunchCommand For(MpiRequest request, RankMap map, LauncherFacts facts) => new(
        [
            facts.Path, "--jobid", request.JobId, "--overlap", "--mpi=pmix", "--ntasks", map.Ranks.ToString(CultureInfo.InvariantCulture),
            "--distribution=arbitrary", "--label", "--input=none", "--kill-on-bad-exit=1", "--cpu-bind=none", "--chdir=/",
            .. map.IsOversubscribed ? ["--overcommit"] : Array.Empty<string>(),
            .. request.LauncherOptions,
            .. Client(request),
            .. RankScript.Command([request.Command, .. request.Arguments]),
        ],
        new Dictionary<string, string> { ["PISAHPC_VARIABLES"] = Text(RankVariables(request, map, facts)) })
    {
        Places = [.. map.Places],
    };

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

    /// <summary>
    /// What ranks need where their user says nothing of it. PMIx's client otherwise looks for shared memory of the node's daemon, which a
    /// container does not see.
    /// </summary>
    private static Dictionary<string, string> RankVariables(MpiRequest request, RankMap map, LauncherFacts facts)
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

        foreach (var (own, value) in facts.TransportVariables.Concat(request.Environment))
        {
            variables[own] = value;
        }

        return variables;
    }

    private static string Text(Dictionary<string, string> variables) =>
        string.Join('\n', variables.Select(pair => $"export {pair.Key}={ShellQuoting.Quote(pair.Value)}"));
}
