using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Setup;

/// <summary>Initialize-HpcNode without a node's name, which means the whole site: nothing is changed before somebody says yes.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class InitializeSiteTests(LabFixture lab) : IAsyncLifetime, IDisposable
{
    private const string Config = "/etc/docker/daemon.json";

    private readonly HostedRunspace _shell = new();

    private LabNode Node => lab.Nodes[^1];

    public async Task InitializeAsync() =>
        (await RunningProcess.RunAsync("ssh", ["-F", lab.State.SshConfig, Node.Name, "rm -rf /run/pisahpc"])).EndedWith(0);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_whole_site_is_asked_for_and_not_touched_where_nobody_can_answer()
    {
        var failure = _shell.Run("Initialize-HpcNode").Failed("InvalidValue");
        Assert.Contains(Node.Name[..^2], failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("-Force", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Node.PathOf("/run/pisahpc")));

        // Another class may have raised more nodes since this one's fixture looked.
        var site = await LabFixture.WithNodesAsync(2);
        Assert.Equal(site.Nodes.Count, _shell.Run("Initialize-HpcNode -WhatIf -PassThru").Succeeded().Objects.Count);
    }

    [Fact]
    public async Task A_person_who_says_no_to_the_whole_site_changes_nothing()
    {
        var before = await File.ReadAllTextAsync(Node.PathOf(Config));

        // pisahpc asks nobody; a prompt is PowerShell's own. A pasted line would come before its question, so the answer waits for it.
        string[] atAPrompt = ["dotnet", "pwsh", "-NoProfile", "-Command", $"Import-Module '{Repository.Manifest}'; Initialize-HpcNode"];
        (await RunningProcess.RunAsync("dotnet", ["tool", "restore"], patience: TimeSpan.FromMinutes(5))).EndedWith(0);
        using var person = TerminalSession.Start(atAPrompt, new Dictionary<string, string?> { ["NO_COLOR"] = "1" });
        await person.SaysAsync("Engines may be restarted");
        await person.TypeAsync("n\n");
        var said = await person.EndAsync();
        Assert.Contains("nodes of the site: ", said.EndedWith(0).Output + said.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(Node.PathOf(Config)));
        Assert.False(Directory.Exists(Node.PathOf("/run/pisahpc")));
    }
}
