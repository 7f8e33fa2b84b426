using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Images;

namespace PisaHpc.Integration.Setup;

/// <summary>A real engine takes up another configuration, or gets its old one back.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class InitializeHpcNodeTests(LabFixture lab) : IAsyncLifetime
{
    private SetupNode _setup = null!;

    public async Task InitializeAsync() => _setup = await SetupNode.TakeAsync(lab);

    public Task DisposeAsync() => _setup.DisposeAsync().AsTask();

    [Fact]
    public async Task A_running_container_survives_the_restart_and_the_second_time_changes_nothing()
    {
        await _setup.StartContainerAsync();
        dynamic done = _setup.Initialize().Single();

        Assert.Equal((true, "Restart", 1), ((bool)done.Changed, (string)done.EngineAction, (int)done.ContainersKept));
        Assert.Empty((IEnumerable<string>)done.ContainersLost);
        await _setup.AssertContainerRunsAsync();
        Assert.Equal("true json-file", (await _setup.Node.DockerAsync("info", "--format", "{{.LiveRestoreEnabled}} {{.LoggingDriver}}")).EndedWith(0).Output.Trim());
        Assert.Contains("\"max-size\": \"10m\"", await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config)), StringComparison.Ordinal);
        Assert.Equal(_setup.Given, await File.ReadAllTextAsync(_setup.Node.PathOf((string)done.Backup)));
        Assert.True(Directory.Exists(_setup.Node.PathOf("/run/pisahpc")));
        Assert.False(File.Exists(_setup.Node.PathOf(SetupNode.Config + ".pisahpc-pending")));

        var before = File.GetLastWriteTimeUtc(_setup.Node.PathOf(SetupNode.Config));
        dynamic again = _setup.Initialize().Single();
        Assert.Equal((false, "None"), ((bool)again.Changed, (string)again.EngineAction));
        Assert.Equal(before, File.GetLastWriteTimeUtc(_setup.Node.PathOf(SetupNode.Config)));
    }

    [Fact]
    public async Task What_an_admin_wrote_stays_and_what_a_signal_brings_takes_no_restart()
    {
        await _setup.WriteConfigAsync("""{ "debug": false, "labels": ["rack=7"], "log-opts": { "max-size": "1m", "max-file": "2" } }""");
        await _setup.OnNodeAsync("/run/engine/engine.sh restart");
        var pid = await _setup.OnNodeAsync("cat /run/docker.pid");

        dynamic done = _setup.Initialize().Single();
        Assert.Equal("Reload", (string)done.EngineAction);
        Assert.Equal(pid.Output, (await _setup.OnNodeAsync("cat /run/docker.pid")).Output);
        var written = await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config));
        Assert.All(new[] { "\"debug\": false", "\"rack=7\"", "\"max-size\": \"1m\"", "\"registry.lab:5000\"", "\"live-restore\": true" }, key =>
            Assert.Contains(key, written, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_engine_that_does_not_come_up_gets_its_old_file_back_and_comes_up_with_its_containers()
    {
        await _setup.StartContainerAsync();
        await _setup.WriteArgumentsAsync(_setup.Arguments + "--log-opt\nmax-size=5m\n");

        var failure = _setup.Initialize().Failed("EngineConfigurationRefused");
        Assert.Equal(_setup.Node.Name, failure.TargetObject);
        Assert.Contains("log-opts", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("has the old one again", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(_setup.Given, await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config)));
        await _setup.AssertContainerRunsAsync();
        Assert.Equal("false", (await _setup.Node.DockerAsync("info", "--format", "{{.LiveRestoreEnabled}}")).EndedWith(0).Output.Trim());
        Assert.False(File.Exists(_setup.Node.PathOf(SetupNode.Config + ".pisahpc-pending")));
    }

    [Fact]
    public async Task A_key_that_the_engine_does_not_know_is_found_before_anything_stops()
    {
        var spoilt = _setup.Given.Replace("{", "{ \"no-such-key\": 1,", StringComparison.Ordinal);
        await _setup.WriteConfigAsync(spoilt);
        File.SetLastWriteTimeUtc(_setup.Node.PathOf(SetupNode.Config), DateTime.UtcNow.AddMinutes(1)); // an engine that has just started has not seen it
        var pid = await _setup.OnNodeAsync("cat /run/docker.pid");

        var failure = _setup.Initialize().Failed("EngineConfigurationRefused");
        Assert.Contains("in what only a start takes up: no-such-key", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(spoilt, await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config)));
        Assert.Equal(pid.Output, (await _setup.OnNodeAsync("cat /run/docker.pid")).Output);
    }

    [Fact]
    public async Task A_file_that_is_not_JSON_is_left_alone()
    {
        await _setup.WriteConfigAsync("{\n  \"debug\": tru\n}\n");
        var failure = _setup.Initialize().Failed("EngineConfigurationInvalid");
        Assert.Contains($"{SetupNode.Config} on {_setup.Node.Name}, line 2, column", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal("{\n  \"debug\": tru\n}\n", await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config)));
        Assert.False(Directory.Exists(_setup.Node.PathOf("/run/pisahpc")));
    }

    [Fact]
    public async Task WhatIf_shows_the_diff_and_changes_nothing()
    {
        var run = _setup.Initialize("-WhatIf -PassThru");
        dynamic predicted = run.Single();
        Assert.Equal((true, "Restart"), ((bool)predicted.Changed, (string)predicted.EngineAction));
        Assert.Contains("+   \"live-restore\": true,", (IEnumerable<string>)predicted.Diff);
        Assert.Equal(_setup.Given, await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config)));
        Assert.False(Directory.Exists(_setup.Node.PathOf("/run/pisahpc")));
    }

    [Fact]
    public async Task An_engine_that_runs_and_cannot_be_asked_is_left_alone_with_its_containers()
    {
        await _setup.StartContainerAsync();
        _setup.Site("nodes:\n", "nodes:\n  engineSocket: /run/no-such.sock\n");
        var pid = await _setup.OnNodeAsync("cat /run/docker.pid");

        var failure = _setup.Initialize().Failed("EngineUnavailable");
        Assert.Contains("It runs all the same", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(pid.Output, (await _setup.OnNodeAsync("cat /run/docker.pid")).Output);
        Assert.Equal(_setup.Given, await File.ReadAllTextAsync(_setup.Node.PathOf(SetupNode.Config)));
        await _setup.AssertContainerRunsAsync();
    }

    [Fact]
    public async Task An_engine_that_is_down_is_started_with_the_new_configuration()
    {
        await _setup.OnNodeAsync("kill -TERM $(cat /run/docker.pid); while [ -e /run/docker.pid ]; do sleep 0.05; done");
        dynamic done = _setup.Initialize().Single();
        Assert.Equal((true, "Restart"), ((bool)done.Changed, (string)done.EngineAction));
        Assert.Equal("true", (await _setup.Node.DockerAsync("info", "--format", "{{.LiveRestoreEnabled}}")).EndedWith(0).Output.Trim());
    }

    [Fact]
    public async Task A_port_area_a_directory_of_records_and_a_certificate_are_put_there()
    {
        var area = Path.Combine(lab.State.Shared, "scratch", _setup.Container);
        var records = area + "-records";
        var certificate = _setup.SiteFile + ".crt";
        await File.WriteAllTextAsync(certificate, "not a real one\n");
        try
        {
            _setup.Site("portArea: { path: " + lab.State.PortArea + ", first: 22000, last: 22999 }", $"portArea: {{ path: {area}, first: 22000, last: 22009 }}\nrecords: {{ directory: {records} }}");
            _setup.Site("registryTrust: insecure", $"registryTrust: insecure\n  registryCertificate: {certificate}");
            Assert.True((bool)((dynamic)_setup.Initialize().Single()).Changed);
            Assert.Equal(10, Directory.GetFiles(area).Length);
            Assert.Equal(0b111_101_101, (int)File.GetUnixFileMode(records));
            Assert.Equal("Passed", (string)((dynamic)_setup.Shell.Run($"Test-HpcNode {_setup.Node.Name} -Check Records -Site '{_setup.SiteFile}'").Single()).Result);
            Assert.Equal("not a real one\n", await File.ReadAllTextAsync(_setup.Node.PathOf("/etc/docker/certs.d/registry.lab:5000/ca.crt")));
            Assert.False((bool)((dynamic)_setup.Initialize().Single()).Changed);
        }
        finally
        {
            File.Delete(certificate);
            Directory.Delete(area, recursive: true);
            Directory.Delete(records, recursive: true);
        }
    }

    [Fact]
    public async Task A_registry_that_is_not_trusted_is_seen_and_cured()
    {
        await _setup.WriteConfigAsync("{}");
        await _setup.OnNodeAsync("/run/engine/engine.sh restart");
        Assert.Equal("Failed", _setup.RegistryCheck());
        _setup.Initialize().Succeeded();
        Assert.Equal("Passed", _setup.RegistryCheck());
    }

    [Fact]
    public async Task A_registry_with_an_authority_of_the_sites_own_is_trusted_by_its_certificate()
    {
        await using var registry = await ThrowAwayRegistry.StartAsync([], "1gbit");
        _setup.Site("registry: registry.lab:5000", $"registry: {registry.Name}");
        _setup.Site("registryTrust: insecure", $"registryCertificate: {registry.Certificate}");
        Assert.Equal("Failed", _setup.RegistryCheck());

        _setup.Initialize().Succeeded();
        Assert.Equal("Warning", _setup.RegistryCheck()); // it answers, and has no image
        await _setup.OnNodeAsync($"rm -r '/etc/docker/certs.d/{registry.Name}'");
    }
}
