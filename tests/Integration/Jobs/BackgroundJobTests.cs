using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>What -AsJob does on nodes.</summary>
[Collection(LabTests.Name)]
public sealed class BackgroundJobTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_start_that_is_stopped_in_the_midst_takes_back_what_it_started_on_each_node()
    {
        await using var job = new LabJob(_shell, lab, "asjob");
        var run = job.Run(
            """
            $start = $allocation | Start-HpcJob -Environment tiny -AsJob
            "$($start.State) $($start.Location): $($start.ChildJobs.Location)"
            while ($start.State -eq 'Running' -and $start.Progress.StatusDescription -notcontains 'starting the container') {
                [System.Threading.Thread]::Sleep(10)
            }
            Stop-Job $start
            "$($start.State): $($start.ChildJobs.State)"
            $start.Warning.Message
            Remove-Job $start
            """).Succeeded();

        var said = run.Objects.Select(line => $"{line}").ToList();
        Assert.Equal(["Running o2wn[01-02]: o2wn01 o2wn02", "Stopped: Stopped Stopped"], said.Take(2));
        Assert.Matches($@"^Job {job.Id}: .*taken back from o2wn", Assert.Single(said.Skip(2)));
        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    public async Task Each_node_s_container_is_in_its_child()
    {
        await using var job = new LabJob(_shell, lab, "asjob");
        var run = job.Run(
            """
            $ssh = $allocation | New-JobPort | New-JobSshConfig -Allocation $allocation
            $start = $allocation | Start-HpcContainer -Environment tiny -SshConfig $ssh -AsJob | Wait-Job
            $start.ChildJobs | ForEach-Object { "$($_.State) $($_.Location): $($_.Output.Node) $($_.Output.Ready)" }
            "$($start.StatusMessage), $(($start | Receive-Job -AutoRemoveJob -Wait).Node)"
            """).Succeeded();

        Assert.Equal(
            ["Completed o2wn01: o2wn01 True", "Completed o2wn02: o2wn02 True", "2 of 2 nodes, o2wn01 o2wn02"],
            run.Objects.Select(line => $"{line}"));
    }
}
