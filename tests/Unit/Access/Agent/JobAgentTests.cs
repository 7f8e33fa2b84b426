using System.Diagnostics;
using System.Runtime.Versioning;
using PisaHpc.Access;
using PisaHpc.Access.Agent;
using PisaHpc.Access.Ssh;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Face;
using PisaHpc.Unit.Native;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Access.Agent;

/// <summary>An agent of a job's owner, who is not whoever asks: from root's connection into it, by the domain's scripts in a real sh.</summary>
[SupportedOSPlatform("linux")]
public sealed class JobAgentTests : IAsyncLifetime
{
    private readonly LocalShell _node = new("here");
    private readonly string _run = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}/run";
    private JobAgent _agent = null!;
    private Process _process = null!;

    private string Directory => _run + "/4711";

    public async Task InitializeAsync()
    {
        var request = Sample.Request() with { Directory = Directory };
        await JobDirectory.WriteAsync(_node, Directory, Sample.Owner.Uid, Sample.Owner.Gid, JobSshFiles.For(request), CancellationToken.None);
        _agent = new JobAgent(Directory, Checkout.PathOf("out", "native"));
        _process = LocalShell.Start(
        [
            "setpriv", "--reuid", "4001", "--regid", "4001", "--groups", "4001,5001,5002",
            .. new AgentAccess(_agent).MainProcess(new() { Name = "e", Image = "i" }),
        ]);
        Assert.Null(await TryAsync(new AgentAccess(_agent)));
    }

    public async Task DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        System.IO.Directory.Delete(Path.GetDirectoryName(_run)!, recursive: true);
    }

    [Fact]
    public async Task A_program_runs_as_the_owner_with_his_groups_and_its_exit_code_comes_back()
    {
        var result = await _node.RunAsync(_agent.CommandIn("/", ["sh", "-c", "id -G; pwd; exit 7"]), default, CancellationToken.None);
        Assert.Equal((7, "4001 5001 5002\n/\n"), (result.ExitCode, result.Text));
    }

    [Fact]
    public async Task The_socket_is_where_no_one_else_gets_to() => Assert.Equal(
        "700 4001\n600 4001\n", (await _node.RunAsync(
            ["stat", "-c", "%a %u", Directory + "/agent", _agent.Socket], default, CancellationToken.None)).Text);

    [Fact]
    public async Task The_directory_is_the_same_as_before_with_a_socket_in_it()
    {
        var request = Sample.Request() with { Directory = Directory };
        Assert.False(await JobDirectory.WriteAsync(
            _node, Directory, Sample.Owner.Uid, Sample.Owner.Gid, JobSshFiles.For(request), CancellationToken.None));
    }

    [Fact]
    public async Task An_agent_that_ended_is_not_ready_and_the_last_words_say_where()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        Assert.Equal($"pisahpc-run: no agent at {_agent.Socket}: nobody listens there", await TryAsync(new AgentAccess(_agent)));
    }

    /// <summary>A client that a killed caller left waiting would try for as long as it was told.</summary>
    [Fact]
    public async Task The_jobs_removal_ends_a_client_that_waits()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        var waiting = _node.RunAsync(_agent.ClientCommand("--wait", "3600", "--probe"), default, CancellationToken.None);
        await Wait.UntilAsync(() => Clients().Any(), () => "it does not wait");
        Assert.True(await JobDirectory.RemoveAsync(_node, Directory, CancellationToken.None));
        Assert.NotEqual(0, (await waiting).ExitCode);
        Assert.False(System.IO.Directory.Exists(Directory));
    }

    private IEnumerable<string> Clients() =>
        from path in System.IO.Directory.EnumerateDirectories("/proc")
        where int.TryParse(Path.GetFileName(path), out _)
        let line = ReadIfThere(Path.Combine(path, "cmdline"))
        where line.Contains($"pisahpc-run\0--socket\0{_agent.Socket}\0", StringComparison.Ordinal)
        select line;

    private static string ReadIfThere(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private Task<string?> TryAsync(IContainerAccess access) =>
        access.TryAsync(new ContainerEntry(_node, new FakeCluster().EngineOf("here"), "c"), TimeSpan.FromSeconds(1), CancellationToken.None);
}
