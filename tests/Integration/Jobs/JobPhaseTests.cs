using System.Text.RegularExpressions;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>What a start and a stop say of their phases.</summary>
[Collection(LabTests.Name)]
public sealed class JobPhaseTests(LabFixture lab) : IDisposable
{
    private static readonly string[] Nodes = ["o2wn01", "o2wn02"];
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Verbose_names_each_phase_of_each_node_and_how_it_ended()
    {
        await using var job = new LabJob(_shell, lab, "verbose");

        var start = job.Run("$allocation | Start-HpcJob -Environment tiny -Verbose").Succeeded();
        var stop = job.Run("Stop-HpcJob $JobId -Verbose").Succeeded();

        string[] ofJob = [$"job {job.Id}: starting the job", $"job {job.Id}: leasing a port"];
        string[] ofNode = ["asking the node", "starting", "writing the ssh configuration", "starting the container", "waiting until it is ready"];
        AssertDone(start.Verbose, [.. ofJob, .. from node in Nodes from phase in ofNode select $"{node}: {phase}"]);
        string[] ofStop = ["looking for jobs", "stopping", "removing containers", "removing keys and configuration"];
        AssertDone(
            stop.Verbose,
            [$"job {job.Id}: stopping the job", .. from node in Nodes from phase in ofStop select $"{node}: {phase}"]);
        Assert.Equal("2 of 2 nodes", start.Progress.Last(record => record.PercentComplete == 100).StatusDescription);
    }

    [Fact]
    public async Task A_node_s_phase_that_failed_is_named_with_its_error()
    {
        await using var job = new LabJob(_shell, lab, "failing");

        var run = job.Run("$allocation | Start-HpcJob -Environment tiny -Image registry.lab:5000/pisa/none:1 -Verbose");

        Assert.Contains(run.Verbose, line => Regex.IsMatch(line, "^o2wn0[12]: starting the container: failed after .* s: ImageNotFound: "));
        Assert.Contains(run.Verbose, line => line.StartsWith($"job {job.Id}: taking back what was started: done in ", StringComparison.Ordinal));
    }

    /// <summary>
    /// Each further one would be one for each of a thousand nodes. A container that is not ready after half a second has its log followed,
    /// before which it is looked at once more.
    /// </summary>
    [Fact]
    public async Task A_trace_has_the_four_commands_and_five_requests_that_a_start_needs_of_each_node()
    {
        await using var job = new LabJob(_shell, lab, "trace");
        job.Run("Get-HpcContainer o2wn01, o2wn02").Succeeded();

        var start = job.Run("$null = $allocation | Start-HpcJob -Environment tiny -Memory 256m -TraceVariable trace; $trace").Succeeded();

        var phases = start.Objects.Select(part => (dynamic)part.BaseObject).ToList();
        var asked = from phase in phases
                    where phase.Phase is "NodeCommand" or "EngineRequest"
                    where !((string)phase.Detail).EndsWith("/logs", StringComparison.Ordinal)
                    select (Node: (string)phase.Node, Detail: (string)phase.Detail);
        const string Look = "GET /containers/{name}/json";
        var slow = phases.Where(phase => phase.Phase == "WaitUntilReady" && phase.TookSec >= 0.5).Select(phase => phase.Node);
        Assert.All(Nodes, node => Assert.Equal(
            [
                "Access/Ssh/job-directory-write.sh", "Access/Ssh/readiness.sh", "Containers/control-groups.sh", "Containers/node-facts.sh",
                "GET /containers/json", Look, "GET /images/{name}/json", "POST /containers/create",
                "POST /containers/{name}/start",
            ],
            asked.Where(one => one.Node == node).Select(one => one.Detail).Order(StringComparer.Ordinal).Index()
                .DistinctBy(one => one.Item == Look && slow.Contains(node) ? -1 : one.Index).Select(one => one.Item)));
        Assert.All(phases, phase => Assert.Equal(job.Id, (string)phase.JobId));
    }

    private static void AssertDone(IReadOnlyList<string> lines, IReadOnlyList<string> phases) => Assert.All(phases, phase =>
    {
        var ended = lines.Index().First(line => line.Item.StartsWith($"{phase}: done in ", StringComparison.Ordinal)).Index;
        Assert.Contains(phase, lines.Take(ended));
    });
}
