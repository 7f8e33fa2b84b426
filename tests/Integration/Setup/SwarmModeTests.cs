using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Setup;

/// <summary>A real engine in swarm mode, which does not start with live-restore, runs on through whatever is tried on it.</summary>
public sealed class SwarmModeTests : IAsyncLifetime, IDisposable
{
    private const string Old = "{\n  \"debug\": false\n}\n";
    private readonly HostedRunspace _shell = new();
    private SwarmEngine _engine = null!;

    public async Task InitializeAsync() => _engine = await SwarmEngine.StartAsync(Old);

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task It_is_configured_without_live_restore_and_the_second_time_changes_nothing()
    {
        dynamic done = Initialize().Single();
        Assert.Equal((true, "Restart"), ((bool)done.Changed, (string)done.EngineAction));
        Assert.StartsWith($"{_engine.Config}: set ", ((IEnumerable<string>)done.Changes).First(), StringComparison.Ordinal);
        var written = await File.ReadAllTextAsync(_engine.Config);
        Assert.Contains("\"max-size\": \"10m\"", written, StringComparison.Ordinal);
        Assert.DoesNotContain("live-restore", written, StringComparison.Ordinal);
        await AssertRunsInSwarmAsync();
        Assert.False((bool)((dynamic)Initialize().Single()).Changed);
    }

    [Fact]
    public async Task A_start_that_fails_gives_it_its_very_file_back_and_it_runs()
    {
        await _engine.OptionsOfTheNextStartAsync("--log-opt max-size=5m");
        var failure = Initialize().Failed("EngineConfigurationRefused");
        Assert.Contains("has the old one again", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("log-opts", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(Old, await File.ReadAllTextAsync(_engine.Config));
        await AssertRunsInSwarmAsync();
    }

    [Fact]
    public async Task A_site_that_wants_live_restore_is_told_before_anything_is_done()
    {
        await _engine.WantAsync("liveRestore: true");
        var before = _engine.ProcessId;
        Assert.Contains("in swarm mode", Initialize().Failed("EngineConfigurationRefused").ToString(), StringComparison.Ordinal);
        Assert.Equal((Old, before), (await File.ReadAllTextAsync(_engine.Config), _engine.ProcessId));
        await AssertRunsInSwarmAsync();
    }

    [Fact]
    public async Task One_that_a_signal_gave_live_restore_is_not_restarted_into_its_end()
    {
        const string Bomb = "{ \"live-restore\": true }";
        await File.WriteAllTextAsync(_engine.Config, Bomb);
        var before = _engine.ProcessId;
        Assert.Contains("says \"live-restore\": true", Initialize().Failed("EngineConfigurationRefused").ToString(), StringComparison.Ordinal);
        Assert.Equal((Bomb, before), (await File.ReadAllTextAsync(_engine.Config), _engine.ProcessId));
        await File.WriteAllTextAsync(_engine.Config, Old);
        await AssertRunsInSwarmAsync();
    }

    private RunResult Initialize() =>
        _shell.Run("param($Site) Initialize-HpcNode localhost -Site $Site", new { _engine.Site });

    private async Task AssertRunsInSwarmAsync() => Assert.Equal(
        "active false",
        (await _engine.DockerAsync("info", "--format", "{{.Swarm.LocalNodeState}} {{.LiveRestoreEnabled}}")).EndedWith(0).Output.Trim());
}
