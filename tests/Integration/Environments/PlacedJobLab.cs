using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>
/// A static environment on both nodes for all tests of a class, into which jobs of environment <c>placed</c> go; those of <c>absent</c> and
/// <c>elsewhere</c> go into one that is not started, and one that is not declared for the second node.
/// </summary>
public sealed class PlacedJobLab(LabFixture lab) : IAsyncLifetime, IDisposable
{
    private readonly HostedRunspace _shell = new();
    private StaticLab? _site;

    public LabFixture Lab => lab;

    public LabNode Node => lab.Nodes[0];

    public string Static => Site.Second;

    public string Container => $"pisahpc-static-{Static}";

    private StaticLab Site => _site ?? throw new InvalidOperationException("The static environments were not declared.");

    public async Task InitializeAsync()
    {
        _site = await StaticLab.OfAsync(_shell, lab, "  one-MARK: { environment: debian12, nodes: o2wn01, port: PORT, jobs: true }\n");
        await _site.ChangeAsync(
            "environments:\n",
            $"environments:\n  placed: {{ static: {_site.Second}, aliases: [ docker-placed ] }}\n  absent: {{ static: {_site.First} }}\n"
            + $"  elsewhere: {{ static: one-{_site.Mark} }}\n");
        await _site.ChangeAsync($"  {_site.Second}: {{ ", $"  {_site.Second}: {{ jobs: true, ");
        await _site.ChangeAsync($"  {_site.First}:\n", $"  {_site.First}:\n    jobs: true\n");
        _site.Run("Start-HpcContainer -Static $Second -Site $Site").Succeeded();
    }

    /// <summary>A job of 32 slots on the first node and 24 on the second.</summary>
    internal PlacedJob NewJob(string about, string owner = "hpcuser") => new(_shell, lab, Site, about, owner);

    /// <summary>Where nodes and containers have a job's directory.</summary>
    public string DirectoryOf(string jobId) => $"/run/pisahpc/.static/{Static}/{jobId}";

    /// <summary>A caller of its own.</summary>
    public RunningProcess Start(string command) => Site.Start(command);

    /// <summary>What runs in the first node's container.</summary>
    public async Task<string> ProcessesAsync() => (await Node.DockerAsync("top", Container, "-eo", "pid,args")).EndedWith(0).Output;

    public async Task DisposeAsync()
    {
        await (_site?.DisposeAsync() ?? ValueTask.CompletedTask);
        foreach (var left in lab.Nodes.Select(node => node.PathOf($"/run/pisahpc/.static/{_site?.Second}")).Where(Directory.Exists))
        {
            Directory.Delete(left);
        }
    }

    public void Dispose() => _shell.Dispose();
}

/// <summary>A job on the two nodes, which is stopped at the end and of which nothing is left.</summary>
internal sealed class PlacedJob(HostedRunspace shell, LabFixture lab, StaticLab site, string about, string owner) : IAsyncDisposable
{
    public string Id { get; } = LabFixture.NewJobId(about);

    /// <summary>Runs a script to which <c>$JobId</c>, <c>$Site</c>, <c>$Static</c> and <c>$allocation</c> are the job's.</summary>
    public RunResult Run(string script) => shell.Run(
        "param($JobId, $Site, $Static, $Owner) "
        + "$allocation = Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 32, 24 -JobId $JobId -Owner $Owner; " + script,
        new { JobId = Id, Site = site.Site, Static = site.Second, Owner = owner });

    /// <summary>Starts it.</summary>
    public dynamic Start() => Run("$allocation | Start-HpcJob -Environment placed -Site $Site").Single();

    /// <summary>Runs a line of a shell in it on the first node.</summary>
    public RunResult Shell(string line) =>
        Run($"Invoke-HpcJob $JobId sh '-c', '{line.Replace("'", "''", StringComparison.Ordinal)}' -Site $Site");

    public async ValueTask DisposeAsync()
    {
        Run("Stop-HpcJob $JobId -GraceSec 1 -Site $Site").Succeeded();
        await lab.AssertNothingLeftAsync(Id);
    }
}
