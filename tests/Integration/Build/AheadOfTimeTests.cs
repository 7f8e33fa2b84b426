using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Build;

/// <summary>Domain and adapters in a program without PowerShell that is compiled ahead of time, as a batch hook's is (tests/Aot).</summary>
[Collection(LabTests.Name)]
public sealed class AheadOfTimeTests(LabFixture lab) : IDisposable
{
    private readonly string _out = Directory.CreateTempSubdirectory("pisahpc-aot-").FullName;

    public void Dispose() => Directory.Delete(_out, recursive: true);

    [Fact]
    public async Task It_is_published_without_a_warning_opens_a_connection_and_asks_an_engine()
    {
        var project = Path.Combine(Repository.Root, "tests", "Aot");
        var published = await RunningProcess.RunAsync(
            "dotnet", ["publish", project, "--configuration", "Release", "--output", _out, "--nologo"], patience: TimeSpan.FromMinutes(10));
        Assert.DoesNotContain("warning", published.EndedWith(0).Output, StringComparison.Ordinal);

        var node = lab.Nodes[0];
        var asked = await RunningProcess.RunAsync(Path.Combine(_out, "PisaHpc.Aot"), [lab.State.Site, node.Name]);
        var engine = (await node.DockerAsync("version", "--format", "engine {{.Server.Version}}, API {{.Server.APIVersion}}")).EndedWith(0);
        var root = (await node.DockerAsync("info", "--format", "root {{.DockerRootDir}}")).EndedWith(0);
        Assert.Equal([$"node {node.Name}", engine.Output.Trim(), root.Output.Trim()], asked.EndedWith(0).Lines);
    }
}
