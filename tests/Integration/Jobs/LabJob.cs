using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>A job of a test on the lab: started by the module, looked at from outside, and taken away at the end whatever happened.</summary>
internal sealed class LabJob(HostedRunspace shell, LabFixture lab, string about) : IAsyncDisposable
{
    private const string Allocate =
        "Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 32, 24 -JobId $JobId -Owner $Owner -Queue hpc";

    public string Id { get; } = LabFixture.NewJobId(about);

    /// <summary>Runs a script to which <c>$JobId</c> is the job and <c>$allocation</c> its allocation.</summary>
    public RunResult Run(string script, string owner = "hpcuser") => RunIn(shell, script, owner);

    /// <summary>The same in another runspace.</summary>
    public RunResult RunIn(HostedRunspace another, string script, string owner = "hpcuser") =>
        another.Run($"param($JobId, $Owner) $allocation = {Allocate}; {script}", new { JobId = Id, Owner = owner });

    /// <summary>The same, stopped as Ctrl-C stops it when the token is cancelled.</summary>
    public Task<RunResult> RunAsync(string script, CancellationToken stop) =>
        shell.RunAsync($"param($JobId, $Owner) $allocation = {Allocate}; {script}", new { JobId = Id, Owner = "hpcuser" }, stop);

    /// <summary>Runs a command in the job's container on a node, by the job's own ssh.</summary>
    public Task<ProcessResult> LoginAsync(LabNode node, params string[] command) =>
        node.RunAsync(["ssh", "-F", $"/run/pisahpc/{Id}/ssh_config", node.Name, .. command]);

    /// <summary>The names of the job's containers on a node.</summary>
    public async Task<string[]> ContainersAsync(LabNode node)
    {
        var listed = await node.DockerAsync("ps", "--all", "--filter", $"label=pisahpc.job={Id}", "--format", "{{.Names}}");
        return listed.EndedWith(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        shell.Run("param($JobId) Stop-HpcJob $JobId -GraceSec 0", new { JobId = Id }).Succeeded();
        await lab.AssertNothingLeftAsync(Id);
    }
}
