using System.Security.Cryptography;
using System.Text;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Setup;

/// <summary>A change of a real engine's configuration that is interrupted, or whose caller is killed.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class CutOffSetupTests(LabFixture lab) : IAsyncLifetime
{
    private SetupNode _setup = null!;

    public async Task InitializeAsync() => _setup = await SetupNode.TakeAsync(lab);

    public Task DisposeAsync() => _setup.DisposeAsync().AsTask();

    [Fact]
    public async Task A_change_that_was_cut_off_is_finished_the_next_time()
    {
        _setup.Initialize().Succeeded();
        await _setup.OnNodeAsync($"touch {SetupNode.Config}.pisahpc-pending");
        dynamic done = _setup.Initialize().Single();
        Assert.Equal((true, "Restart"), ((bool)done.Changed, (string)done.EngineAction));
        Assert.False((bool)((dynamic)_setup.Initialize().Single()).Changed);
    }

    [Fact]
    public async Task A_trial_that_was_cut_off_is_not_taken_for_the_admins_file()
    {
        const string Trial = "{ \"live-restore\": true, \"labels\": [\"pisahpc.trial=ab12\"] }\n";
        await _setup.WriteConfigAsync(Trial);
        await File.WriteAllTextAsync(_setup.Node.PathOf(SetupNode.Config + ".pisahpc-kept"), _setup.Given);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Trial)));
        await File.WriteAllTextAsync(_setup.Node.PathOf(SetupNode.Config + ".pisahpc-pending"), $"{SetupNode.Config}.pisahpc-kept\n{hash}\n");

        dynamic done = _setup.Initialize().Single();
        Assert.Equal(("Restart", SetupNode.Config + ".pisahpc-kept"), ((string)done.EngineAction, (string)done.Backup));
        var written = await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config));
        Assert.Contains("10.10.13.254:5000", written, StringComparison.Ordinal);
        Assert.DoesNotContain("labels", written, StringComparison.Ordinal);
        Assert.Equal("[]", (await _setup.Node.DockerAsync("info", "--format", "{{json .Labels}}")).EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task An_interrupted_change_leaves_the_old_configuration_and_a_running_engine()
    {
        await _setup.StartContainerAsync();
        using var stop = new CancellationTokenSource();
        var run = _setup.Shell.RunAsync("param($Node) Initialize-HpcNode $Node", new { Node = _setup.Node.Name }, stop.Token);
        while (!run.IsCompleted && !File.Exists(_setup.Node.PathOf(SetupNode.Config + ".pisahpc-pending")))
        {
            await Task.Yield();
        }

        await stop.CancelAsync();
        Assert.True((await run).Stopped);
        Assert.Equal(_setup.Given, await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config)));
        Assert.Equal("[] false", (await _setup.Node.DockerAsync("info", "--format", "{{json .Labels}} {{.LiveRestoreEnabled}}")).EndedWith(0).Output.Trim());
        await _setup.AssertContainerRunsAsync();
    }

    [Fact]
    public async Task A_caller_that_is_killed_in_a_restart_that_fails_leaves_a_running_engine_with_its_containers()
    {
        await _setup.StartContainerAsync();
        await _setup.WriteArgumentsAsync(_setup.Arguments + "--log-opt\nmax-size=5m\n");
        var engine = (await _setup.OnNodeAsync("cat /run/docker.pid")).Output.Trim();
        using (var caller = RunningProcess.Start(Repository.Host, ["-Command", $"Initialize-HpcNode {_setup.Node.Name}"]))
        {
            while (Directory.Exists(_setup.Node.PathOf($"/proc/{engine}")))
            {
                await Task.Delay(5);
            }

            await caller.SignalAsync("KILL");
        }

        while ((await _setup.Node.DockerAsync("version")).ExitCode != 0)
        {
            await Task.Delay(50);
        }

        Assert.DoesNotContain("log-opts", await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config)), StringComparison.Ordinal);
        await _setup.AssertContainerRunsAsync();
    }
}
