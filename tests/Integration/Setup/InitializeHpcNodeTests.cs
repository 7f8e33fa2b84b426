using System.Security.Cryptography;
using System.Text;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Images;

namespace PisaHpc.Integration.Setup;

/// <summary>
/// A real engine takes up another configuration, or gets its old one back. The last node of the lab is the one; it is put back as it was.
/// </summary>
[Collection(LabTests.Name)]
public sealed class InitializeHpcNodeTests : IAsyncLifetime, IDisposable
{
    private const string Config = "/etc/docker/daemon.json";
    private const string EngineArguments = "/run/engine/engine.args";

    private readonly LabFixture _lab;
    private readonly LabNode _node;
    private readonly HostedRunspace _shell = new();
    private readonly string _site = Path.GetTempFileName();
    private readonly string _container = LabFixture.NewJobId("setup");
    private readonly string _config = "{\n  \"insecure-registries\": [\"registry.lab:5000\", \"10.10.13.254:5000\"]\n}\n";
    private string _found = "";
    private string _arguments = "";

    public InitializeHpcNodeTests(LabFixture lab) => (_lab, _node) = (lab, lab.Nodes[^1]);

    public async Task InitializeAsync()
    {
        _found = await File.ReadAllTextAsync(_node.PathOf(Config));
        _arguments = (await OnNodeAsync($"cat {EngineArguments}")).Output;
        if (_found != _config)
        {
            await WriteConfigAsync(_config);
            await OnNodeAsync("/run/engine/engine.sh restart");
        }

        await OnNodeAsync("rm -rf /run/pisahpc");
    }

    public async Task DisposeAsync()
    {
        await _node.DockerAsync("rm", "--force", _container);
        await WriteArgumentsAsync(_arguments);
        await WriteConfigAsync(_found);
        await OnNodeAsync($"rm -f {Config}.pisahpc-*; rm -rf /etc/docker/certs.d/registry.lab:5000; /run/engine/engine.sh restart");
    }

    public void Dispose()
    {
        _shell.Dispose();
        File.Delete(_site);
    }

    [Fact]
    public async Task A_running_container_survives_the_restart_and_the_second_time_changes_nothing()
    {
        await StartContainerAsync();
        dynamic done = Initialize().Single();

        Assert.Equal((true, "Restart", 1), ((bool)done.Changed, (string)done.EngineAction, (int)done.ContainersKept));
        Assert.Empty((IEnumerable<string>)done.ContainersLost);
        await AssertContainerRunsAsync();
        Assert.Equal("true json-file", (await _node.DockerAsync("info", "--format", "{{.LiveRestoreEnabled}} {{.LoggingDriver}}")).EndedWith(0).Output.Trim());
        Assert.Contains("\"max-size\": \"10m\"", await File.ReadAllTextAsync(_node.PathOf(Config)), StringComparison.Ordinal);
        Assert.Equal(_config, await File.ReadAllTextAsync(_node.PathOf((string)done.Backup)));
        Assert.True(Directory.Exists(_node.PathOf("/run/pisahpc")));
        Assert.False(File.Exists(_node.PathOf(Config + ".pisahpc-pending")));

        var before = File.GetLastWriteTimeUtc(_node.PathOf(Config));
        dynamic again = Initialize().Single();
        Assert.Equal((false, "None"), ((bool)again.Changed, (string)again.EngineAction));
        Assert.Equal(before, File.GetLastWriteTimeUtc(_node.PathOf(Config)));
    }

    [Fact]
    public async Task What_an_admin_wrote_stays_and_what_a_signal_brings_takes_no_restart()
    {
        await WriteConfigAsync("""{ "debug": false, "labels": ["rack=7"], "log-opts": { "max-size": "1m", "max-file": "2" } }""");
        await OnNodeAsync("/run/engine/engine.sh restart");
        var pid = await OnNodeAsync("cat /run/docker.pid");

        dynamic done = Initialize().Single();
        Assert.Equal("Reload", (string)done.EngineAction);
        Assert.Equal(pid.Output, (await OnNodeAsync("cat /run/docker.pid")).Output);
        var written = await File.ReadAllTextAsync(_node.PathOf(Config));
        Assert.All(new[] { "\"debug\": false", "\"rack=7\"", "\"max-size\": \"1m\"", "\"registry.lab:5000\"", "\"live-restore\": true" }, key =>
            Assert.Contains(key, written, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_engine_that_does_not_come_up_gets_its_old_file_back_and_comes_up_with_its_containers()
    {
        await StartContainerAsync();
        await WriteArgumentsAsync(_arguments + "--log-opt\nmax-size=5m\n");

        var failure = Initialize().Failed("EngineConfigurationRefused");
        Assert.Equal(_node.Name, failure.TargetObject);
        Assert.Contains("log-opts", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("has the old one again", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(_config, await File.ReadAllTextAsync(_node.PathOf(Config)));
        await AssertContainerRunsAsync();
        Assert.Equal("false", (await _node.DockerAsync("info", "--format", "{{.LiveRestoreEnabled}}")).EndedWith(0).Output.Trim());
        Assert.False(File.Exists(_node.PathOf(Config + ".pisahpc-pending")));
    }

    [Fact]
    public async Task A_key_that_the_engine_does_not_know_is_found_before_anything_stops()
    {
        var spoilt = _config.Replace("{", "{ \"no-such-key\": 1,", StringComparison.Ordinal);
        await WriteConfigAsync(spoilt);
        File.SetLastWriteTimeUtc(_node.PathOf(Config), DateTime.UtcNow.AddMinutes(1)); // an engine that has just started has not seen it
        var pid = await OnNodeAsync("cat /run/docker.pid");

        var failure = Initialize().Failed("EngineConfigurationRefused");
        Assert.Contains("in what only a start takes up: no-such-key", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(spoilt, await File.ReadAllTextAsync(_node.PathOf(Config)));
        Assert.Equal(pid.Output, (await OnNodeAsync("cat /run/docker.pid")).Output);
    }

    [Fact]
    public async Task A_file_that_is_not_JSON_is_left_alone()
    {
        await WriteConfigAsync("{\n  \"debug\": tru\n}\n");
        var failure = Initialize().Failed("EngineConfigurationInvalid");
        Assert.Contains($"{Config} on {_node.Name}, line 2, column", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal("{\n  \"debug\": tru\n}\n", await File.ReadAllTextAsync(_node.PathOf(Config)));
        Assert.False(Directory.Exists(_node.PathOf("/run/pisahpc")));
    }

    [Fact]
    public async Task WhatIf_shows_the_diff_and_changes_nothing()
    {
        var run = Initialize("-WhatIf -PassThru");
        dynamic predicted = run.Single();
        Assert.Equal((true, "Restart"), ((bool)predicted.Changed, (string)predicted.EngineAction));
        Assert.Contains("+   \"live-restore\": true,", (IEnumerable<string>)predicted.Diff);
        Assert.Equal(_config, await File.ReadAllTextAsync(_node.PathOf(Config)));
        Assert.False(Directory.Exists(_node.PathOf("/run/pisahpc")));
    }

    [Fact]
    public async Task A_change_that_was_cut_off_is_finished_the_next_time()
    {
        Initialize().Succeeded();
        await OnNodeAsync($"touch {Config}.pisahpc-pending");
        dynamic done = Initialize().Single();
        Assert.Equal((true, "Restart"), ((bool)done.Changed, (string)done.EngineAction));
        Assert.False((bool)((dynamic)Initialize().Single()).Changed);
    }

    [Fact]
    public async Task A_trial_that_was_cut_off_is_not_taken_for_the_admins_file()
    {
        const string Trial = "{ \"live-restore\": true, \"labels\": [\"pisahpc.trial=ab12\"] }\n";
        await WriteConfigAsync(Trial);
        await File.WriteAllTextAsync(_node.PathOf(Config + ".pisahpc-kept"), _config);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Trial)));
        await File.WriteAllTextAsync(_node.PathOf(Config + ".pisahpc-pending"), $"{Config}.pisahpc-kept\n{hash}\n");

        dynamic done = Initialize().Single();
        Assert.Equal(("Restart", Config + ".pisahpc-kept"), ((string)done.EngineAction, (string)done.Backup));
        var written = await File.ReadAllTextAsync(_node.PathOf(Config));
        Assert.Contains("10.10.13.254:5000", written, StringComparison.Ordinal);
        Assert.DoesNotContain("labels", written, StringComparison.Ordinal);
        Assert.Equal("[]", (await _node.DockerAsync("info", "--format", "{{json .Labels}}")).EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task An_engine_that_runs_and_cannot_be_asked_is_left_alone_with_its_containers()
    {
        await StartContainerAsync();
        Site("nodes:\n", "nodes:\n  engineSocket: /run/no-such.sock\n");
        var pid = await OnNodeAsync("cat /run/docker.pid");

        var failure = Initialize().Failed("EngineUnavailable");
        Assert.Contains("It runs all the same", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(pid.Output, (await OnNodeAsync("cat /run/docker.pid")).Output);
        Assert.Equal(_config, await File.ReadAllTextAsync(_node.PathOf(Config)));
        await AssertContainerRunsAsync();
    }

    [Fact]
    public async Task An_interrupted_change_leaves_the_old_configuration_and_a_running_engine()
    {
        await StartContainerAsync();
        using var stop = new CancellationTokenSource();
        var run = _shell.RunAsync("param($Node) Initialize-HpcNode $Node", new { Node = _node.Name }, stop.Token);
        while (!run.IsCompleted && !File.Exists(_node.PathOf(Config + ".pisahpc-pending")))
        {
            await Task.Yield();
        }

        await stop.CancelAsync();
        Assert.True((await run).Stopped);
        Assert.Equal(_config, await File.ReadAllTextAsync(_node.PathOf(Config)));
        Assert.Equal("[] false", (await _node.DockerAsync("info", "--format", "{{json .Labels}} {{.LiveRestoreEnabled}}")).EndedWith(0).Output.Trim());
        await AssertContainerRunsAsync();
    }

    [Fact]
    public async Task A_caller_that_is_killed_in_a_restart_that_fails_leaves_a_running_engine_with_its_containers()
    {
        await StartContainerAsync();
        await WriteArgumentsAsync(_arguments + "--log-opt\nmax-size=5m\n");
        var engine = (await OnNodeAsync("cat /run/docker.pid")).Output.Trim();
        using (var caller = RunningProcess.Start(Repository.Host, ["-Command", $"Initialize-HpcNode {_node.Name}"]))
        {
            while (Directory.Exists(_node.PathOf($"/proc/{engine}")))
            {
                await Task.Delay(5);
            }

            await caller.SignalAsync("KILL");
        }

        while ((await _node.DockerAsync("version")).ExitCode != 0)
        {
            await Task.Delay(50);
        }

        Assert.DoesNotContain("log-opts", await File.ReadAllTextAsync(_node.PathOf(Config)), StringComparison.Ordinal);
        await AssertContainerRunsAsync();
    }

    [Fact]
    public async Task An_engine_that_is_down_is_started_with_the_new_configuration()
    {
        await OnNodeAsync("kill -TERM $(cat /run/docker.pid); while [ -e /run/docker.pid ]; do sleep 0.05; done");
        dynamic done = Initialize().Single();
        Assert.Equal((true, "Restart"), ((bool)done.Changed, (string)done.EngineAction));
        Assert.Equal("true", (await _node.DockerAsync("info", "--format", "{{.LiveRestoreEnabled}}")).EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task A_port_area_and_a_certificate_are_put_there()
    {
        var area = Path.Combine(_lab.State.Shared, "scratch", _container);
        var certificate = _site + ".crt";
        await File.WriteAllTextAsync(certificate, "not a real one\n");
        try
        {
            Site("portArea: { path: " + _lab.State.PortArea + ", first: 22000, last: 22999 }", $"portArea: {{ path: {area}, first: 22000, last: 22009 }}");
            Site("registryTrust: insecure", $"registryTrust: insecure\n  registryCertificate: {certificate}");
            Assert.True((bool)((dynamic)Initialize().Single()).Changed);
            Assert.Equal(10, Directory.GetFiles(area).Length);
            Assert.Equal("not a real one\n", await File.ReadAllTextAsync(_node.PathOf("/etc/docker/certs.d/registry.lab:5000/ca.crt")));
            Assert.False((bool)((dynamic)Initialize().Single()).Changed);
        }
        finally
        {
            File.Delete(certificate);
            Directory.Delete(area, recursive: true);
        }
    }

    [Fact]
    public async Task A_registry_that_is_not_trusted_is_seen_and_cured()
    {
        await WriteConfigAsync("{}");
        await OnNodeAsync("/run/engine/engine.sh restart");
        Assert.Equal("Failed", RegistryCheck());
        Initialize().Succeeded();
        Assert.Equal("Passed", RegistryCheck());
    }

    [Fact]
    public async Task A_registry_with_an_authority_of_the_sites_own_is_trusted_by_its_certificate()
    {
        await using var registry = await ThrowAwayRegistry.StartAsync([], "1gbit");
        Site("registry: registry.lab:5000", $"registry: {registry.Name}");
        Site("registryTrust: insecure", $"registryCertificate: {registry.Certificate}");
        Assert.Equal("Failed", RegistryCheck());

        Initialize().Succeeded();
        Assert.Equal("Warning", RegistryCheck()); // it answers, and has no image
        await OnNodeAsync($"rm -r '/etc/docker/certs.d/{registry.Name}'");
    }

    private string RegistryCheck() =>
        (string)((dynamic)_shell.Run($"Test-HpcNode {_node.Name}{SiteArgument} -Check Registry -Environment tiny").Single()).Result;

    private RunResult Initialize(string arguments = "") => _shell.Run($"Initialize-HpcNode {_node.Name}{SiteArgument} {arguments}");

    private string SiteArgument => new FileInfo(_site).Length > 0 ? $" -Site '{_site}'" : "";

    private void Site(string old, string changed)
    {
        var text = File.ReadAllText(new FileInfo(_site).Length > 0 ? _site : _lab.State.Site);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(_site, text.Replace(old, changed, StringComparison.Ordinal));
    }

    private async Task StartContainerAsync() => (await _node.DockerAsync(
        "run", "--detach", "--name", _container, "registry.lab:5000/pisa/tiny:1", "sleep", "600")).EndedWith(0);

    private async Task AssertContainerRunsAsync() =>
        Assert.Equal("alive", (await _node.DockerAsync("exec", _container, "echo", "alive")).EndedWith(0).Output.Trim());

    private Task WriteConfigAsync(string text) => File.WriteAllTextAsync(_node.PathOf(Config), text);

    private Task WriteArgumentsAsync(string text) => File.WriteAllTextAsync(_node.PathOf(EngineArguments), text);

    private async Task<ProcessResult> OnNodeAsync(string command) =>
        (await RunningProcess.RunAsync("ssh", ["-F", _lab.State.SshConfig, _node.Name, command])).EndedWith(0);
}
