using System.Diagnostics;
using PisaHpc.Module.Commands;

namespace PisaHpc.Unit.Commands;

/// <summary>What a cmdlet says of its phases, and to whom.</summary>
public sealed class PhaseLineTests : IDisposable
{
    private static readonly (string, Type) GetHpcJob = ("Get-HpcJob", typeof(GetHpcJobCommand));
    private readonly SocketEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Verbose_lines_name_each_phase_as_it_begins_and_as_it_ends()
    {
        var run = CmdletRun.Of($"Get-HpcJob -Site {_engine.Site} -Verbose", GetHpcJob);

        Assert.Empty(run.Errors);
        Assert.Collection(
            run.Verbose,
            line => Assert.Equal("localhost: looking for jobs", line),
            line => Assert.Matches("^localhost: looking for jobs: done in [0-9]+[.][0-9]{2} s$", line));
    }

    [Fact]
    public void A_phase_that_failed_says_so_with_the_error_id()
    {
        var site = Path.Combine(Path.GetDirectoryName(_engine.Site)!, "nowhere.yaml");
        File.WriteAllText(site, "nodes: { names: localhost, engineSocket: /nowhere/engine.sock, ssh: { client: local } }\n");

        var run = CmdletRun.Of($"Get-HpcJob -Site {site} -Verbose", GetHpcJob);

        Assert.Matches("^localhost: looking for jobs: failed after .* s: EngineUnavailable: ", run.Verbose[^1]);
    }

    [Fact]
    public async Task Runspaces_of_one_process_do_not_see_each_other_s_phases()
    {
        using var other = new SocketEngine();
        using var outer = new Activity("a program with two runspaces").Start();

        var runs = await Task.WhenAll(new[] { _engine.Site, other.Site }.Select(site => Task.Run(
            () => CmdletRun.Of($"1..20 | ForEach-Object {{ Get-HpcJob -Site {site} -Verbose }}", GetHpcJob))));

        Assert.All(runs, run => Assert.Equal(40, run.Verbose.Count));
    }

    [Fact]
    public void What_runs_after_a_cmdlet_is_in_no_activity_of_it() =>
        Assert.True(CmdletRun.Of($"Get-HpcJob -Site {_engine.Site}; $null -eq [System.Diagnostics.Activity]::Current", GetHpcJob).Single<bool>());
}
