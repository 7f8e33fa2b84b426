using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Setup;

/// <summary>The last node of the lab, whose engine a test sets up; it is put back as it was.</summary>
internal sealed class SetupNode : IAsyncDisposable
{
    /// <summary>The engine's file.</summary>
    public const string Config = "/etc/docker/daemon.json";

    /// <summary>What the lab starts the engine with, a line each.</summary>
    private const string EngineArguments = "/run/engine/engine.args";

    private readonly LabFixture _lab;
    private string _found = "";

    private SetupNode(LabFixture lab) => (_lab, Node) = (lab, lab.Nodes[^1]);

    public LabNode Node { get; }

    public HostedRunspace Shell { get; } = new();

    /// <summary>The configuration that stands there when a test begins.</summary>
    public string Given { get; } = "{\n  \"insecure-registries\": [\"registry.lab:5000\", \"10.10.13.254:5000\"]\n}\n";

    /// <summary>The engine's arguments when a test begins.</summary>
    public string Arguments { get; private set; } = "";

    /// <summary>A site definition of the test's own; empty as long as <see cref="Site"/> changed nothing.</summary>
    public string SiteFile { get; } = Path.GetTempFileName();

    /// <summary>The container of <see cref="StartContainerAsync"/>.</summary>
    public string Container { get; } = LabFixture.NewJobId("setup");

    private string SiteArgument => new FileInfo(SiteFile).Length > 0 ? $" -Site '{SiteFile}'" : "";

    public static async Task<SetupNode> TakeAsync(LabFixture lab)
    {
        var setup = new SetupNode(lab);
        setup._found = await File.ReadAllTextAsync(setup.Node.PathOf(Config));
        setup.Arguments = (await setup.OnNodeAsync($"cat {EngineArguments}")).Output;
        try
        {
            await setup.PrepareAsync();
            return setup;
        }
        catch
        {
            await setup.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Shell.Dispose();
        File.Delete(SiteFile);
        await Node.DockerAsync("rm", "--force", Container);
        await WriteArgumentsAsync(Arguments);
        await WriteConfigAsync(_found);
        await OnNodeAsync($"rm -f {Config}.pisahpc-*; rm -rf /etc/docker/certs.d/registry.lab:5000; /run/engine/engine.sh restart");
    }

    private async Task PrepareAsync()
    {
        if (_found != Given)
        {
            await WriteConfigAsync(Given);
            await OnNodeAsync("/run/engine/engine.sh restart");
        }

        await OnNodeAsync("rm -rf /run/pisahpc");
    }

    public RunResult Initialize(string arguments = "") => Shell.Run($"Initialize-HpcNode {Node.Name}{SiteArgument} {arguments}");

    public string RegistryCheck() =>
        (string)((dynamic)Shell.Run($"Test-HpcNode {Node.Name}{SiteArgument} -Check Registry -Environment tiny").Single()).Result;

    /// <summary>Changes the site definition that the cmdlets are given.</summary>
    public void Site(string old, string changed) =>
        LabSite.At(new FileInfo(SiteFile).Length > 0 ? SiteFile : _lab.State.Site).Replacing(old, changed).WriteTo(SiteFile);

    public async Task StartContainerAsync() => (await Node.DockerAsync(
        "run", "--detach", "--name", Container, "registry.lab:5000/pisa/tiny:1", "sleep", "600")).EndedWith(0);

    public async Task AssertContainerRunsAsync() =>
        Assert.Equal("alive", (await Node.DockerAsync("exec", Container, "echo", "alive")).EndedWith(0).Output.Trim());

    public Task WriteConfigAsync(string text) => File.WriteAllTextAsync(Node.PathOf(Config), text);

    public Task WriteArgumentsAsync(string text) => File.WriteAllTextAsync(Node.PathOf(EngineArguments), text);

    public async Task<ProcessResult> OnNodeAsync(string command) =>
        (await RunningProcess.RunAsync("ssh", ["-F", _lab.State.SshConfig, Node.Name, command])).EndedWith(0);
}
