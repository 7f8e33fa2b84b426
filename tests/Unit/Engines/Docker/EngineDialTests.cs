using PisaHpc.Access.Agent;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Nodes;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>The way to an engine's socket on a node, by its script in a real sh, as root.</summary>
public sealed class EngineDialTests : IDisposable
{
    private readonly string _base = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}";
    private readonly AgentPlace _place;

    public EngineDialTests()
    {
        Directory.CreateDirectory(_base + "/bin");
        ProgramFile.Write(_base + "/bin/docker", "#!/bin/sh\necho \"docker $*\"\n");
        _place = AgentProgram.In(Checkout.PathOf("out", "native"))!.PlaceIn(_base + "/run");
    }

    private string ByDocker => $"docker --host unix://{_base}/socket system dial-stdio\n";

    private string ByProgram => $"pisahpc-run: {_base}/socket: No such file or directory\n";

    public void Dispose() => Directory.Delete(_base, recursive: true);

    [Fact]
    public async Task The_agent_s_program_goes_there_where_the_node_has_it()
    {
        Assert.Equal(ByDocker, await DialAsync());
        await PutAsync();
        Assert.Equal(ByProgram, await DialAsync());
    }

    [Theory]
    [InlineData("chmod 777 run")]
    [InlineData("chmod 775 run/.agent")]
    [InlineData("chown 4001 run/.agent/*")]
    [InlineData("mv run elsewhere && ln -s elsewhere run")]
    public async Task A_program_that_somebody_else_could_have_put_there_is_not_run(string fault)
    {
        await PutAsync();
        await RunAsync(["sh", "-c", $"cd {_base} && {fault}"]);
        Assert.Equal(ByDocker, await DialAsync());
    }

    /// <summary>Each is some milliseconds of a CPU that a start shares with its nodes.</summary>
    [Fact]
    public void It_starts_one_process_beside_the_one_that_it_becomes()
    {
        var script = Dial("socket", "program")[2];
        Assert.Equal(1, script.Split("$(").Length - 1);
        Assert.DoesNotContain('|', script);
    }

    private async Task<string> DialAsync() => await RunAsync(["env", $"PATH={_base}/bin:/usr/bin:/bin", .. Dial(_base + "/socket", _place.Directory)]);

    private static IReadOnlyList<string> Dial(params string[] arguments) =>
        NodeScript.Of("Engines/Docker/dial-engine.sh", typeof(DialStdioStream).Assembly).Command(arguments);

    private Task PutAsync() => _place.PutAsync(new LocalShell("here"), CancellationToken.None);

    private static async Task<string> RunAsync(IReadOnlyList<string> command)
    {
        var result = await new LocalShell("here").RunAsync(command, default, CancellationToken.None);
        return result.Text + result.Error;
    }
}
