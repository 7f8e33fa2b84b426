using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>Commands in a container of a lab's node.</summary>
[Trait("Category", "Connections")]
public class ExecutionTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(SshClientKind.Builtin)]
    [InlineData(SshClientKind.OpenSsh)]
    public async Task Input_output_and_error_are_the_command_s_own_and_the_end_of_input_is_told(SshClientKind client)
    {
        await using var reach = new Reach(Lab.Access with { Client = client });
        var (engine, id) = await StartAsync(reach);
        await using var execution = await engine.Executions.StartAsync(id, Sh("echo err >&2; cat; echo end; exit 7"), None);
        await execution.Input.WriteAsync("one\ntwö"u8.ToArray());
        await execution.Input.DisposeAsync();
        Assert.Equal("one\ntwöend\n", await TextAsync(execution.Output));
        Assert.Equal("err\n", await TextAsync(execution.Error));
        Assert.Equal(7, await execution.WaitAsync(None));
    }

    [Fact]
    public async Task Megabytes_of_any_bytes_go_in_and_come_out_as_they_are()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        await using var execution = await engine.Executions.StartAsync(id, new ExecutionRequest(["cat"]), None);
        var bytes = RandomNumberGenerator.GetBytes(5_000_000);
        var reading = HashAsync(execution.Output);
        await execution.Input.WriteAsync(bytes);
        await execution.Input.DisposeAsync();
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), await reading);
        Assert.Equal(0, await execution.WaitAsync(None));
    }

    [Fact]
    public async Task User_groups_environment_and_directory_are_what_was_asked_for()
    {
        await using var reach = new Reach(Lab.Access);
        var container = lab.Spec with { Groups = [5001], Environment = new Dictionary<string, string> { ["OF"] = "container" } };
        var (engine, id) = await StartAsync(reach, container);
        var request = Sh("id; pwd; echo \"$WORD,$OF\"") with
        {
            User = "4002:4003",
            WorkingDirectory = "/tmp",
            Environment = new Dictionary<string, string> { ["WORD"] = "it's \"two\"\nlines" },
        };
        Assert.Equal("uid=4002 gid=4003 groups=4003,5001\n/tmp\nit's \"two\"\nlines,\n", await OutputAsync(engine, id, request));
        Assert.Equal("4001,container\n", await OutputAsync(engine, id, Sh("echo $(id -u),$OF")));
    }

    [Theory]
    [InlineData("exit 3", 3)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData("exec /nonesuch", 127)]
    [InlineData("exec >&- 2>&-; sleep 0.5; exit 5", 5)]
    public async Task The_exit_code_is_the_command_s_however_it_ends(string script, int code)
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        await using var execution = await engine.Executions.StartAsync(id, Sh(script), None);
        Assert.Equal(code, await execution.WaitAsync(None));
    }

    [Theory]
    [InlineData("sleep 1000")]
    [InlineData("sleep 1001 & sleep 1002 & wait")]
    [InlineData("trap '' TERM; while :; do sleep 0.1; done")]
    [InlineData("setsid sleep 1003 & wait")]
    [InlineData("env -i sleep 1004 & wait")]
    [InlineData("exec env -i sleep 1005")]
    [InlineData("yes")]
    public async Task Disposing_leaves_no_process_behind(string script)
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        var before = await ProcessesAsync(reach, id);
        var execution = await engine.Executions.StartAsync(id, Sh($"echo up; {script}"), None);
        await Lab.LineAsync(execution.Output);
        Assert.NotEqual(before, await ProcessesAsync(reach, id));
        await execution.DisposeAsync();
        Assert.Equal(before, await ProcessesAsync(reach, id));
        var code = await execution.WaitAsync(None);

        // A shell that loses the children that it waits for before it is ended itself ends by itself.
        Assert.True(code is >= 137 and <= 143 || (code == 0 && script.EndsWith("wait", StringComparison.Ordinal)), $"exit code {code}");
    }

    [Fact]
    public async Task Disposing_ends_nothing_but_the_command()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        await using var other = await engine.Executions.StartAsync(id, Sh("read -r line; echo \"got $line\""), None);
        await using (await engine.Executions.StartAsync(id, Sh("sleep 1000"), None))
        {
        }

        await other.Input.WriteAsync("a word\n"u8.ToArray());
        Assert.Equal("got a word\n", await TextAsync(other.Output));
    }

    [Fact]
    public async Task What_an_ended_command_left_in_the_background_stays()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        Assert.Equal("", await OutputAsync(engine, id, Sh("sleep 1006 >/dev/null 2>&1 &")));
        Assert.Contains("sleep 1006", await ProcessesAsync(reach, id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_is_cancelled_at_any_moment_leaves_no_process_behind()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        var before = await ProcessesAsync(reach, id);
        for (var delay = 0; delay < 300; delay += 20)
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(delay));
            try
            {
                await (await engine.Executions.StartAsync(id, Sh("sleep 1000"), stop.Token)).DisposeAsync();
            }
            catch (OperationCanceledException)
            {
                // As it was asked to be.
            }
        }

        Assert.Equal(before, await ProcessesAsync(reach, id));
    }

    [Fact]
    public async Task Twenty_commands_at_a_time_have_streams_of_their_own()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        var outputs = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => OutputAsync(engine, id, Sh($"echo {number}"))));
        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"{number}\n"), outputs);
    }

    [Fact]
    public async Task What_cannot_be_started_is_told()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        Assert.Equal(ErrorId.ContainerNotFound, await FailureAsync(engine, "nonesuch", Sh("true")));
        Assert.Equal(ErrorId.NodeCommandFailed, await FailureAsync(engine, id, Sh("true") with { User = "nonesuch" }));
        Assert.Equal(ErrorId.NodeCommandFailed, await FailureAsync(engine, id, Sh("true") with { WorkingDirectory = "/proc/nonesuch" }));
        await engine.StopAsync(id, TimeSpan.FromSeconds(5), None);
        Assert.Equal(ErrorId.ContainerNotReady, await FailureAsync(engine, id, Sh("true")));
    }

    [Fact]
    public async Task A_command_ends_with_its_container()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await StartAsync(reach);
        await using var execution = await engine.Executions.StartAsync(id, Sh("sleep 1000"), None);
        await engine.StopAsync(id, TimeSpan.FromSeconds(5), None);
        Assert.Equal(137, await execution.WaitAsync(None));
    }

    private static ExecutionRequest Sh(string script) => new(["sh", "-c", script]);

    private async Task<(IContainerEngine Engine, string Id)> StartAsync(Reach reach, ContainerSpec? spec = null)
    {
        var engine = await reach.EngineAsync();
        var id = await engine.CreateAsync(spec ?? lab.Spec, None);
        await engine.StartAsync(id, None);
        return (engine, id);
    }

    private static async Task<ErrorId> FailureAsync(IContainerEngine engine, string id, ExecutionRequest request) =>
        (await Assert.ThrowsAsync<HpcException>(() => engine.Executions.StartAsync(id, request, None))).Id;

    private static async Task<string> OutputAsync(IContainerEngine engine, string id, ExecutionRequest request)
    {
        await using var execution = await engine.Executions.StartAsync(id, request, None);
        var text = await TextAsync(execution.Output);
        Assert.Equal(0, await execution.WaitAsync(None));
        return text;
    }

    /// <summary>The container's processes as the node sees them.</summary>
    private static async Task<string> ProcessesAsync(Reach reach, string id)
    {
        var node = await reach.NodeAsync();
        var top = await node.RunAsync(["docker", "-H", $"unix://{Lab.Access.EngineSocket}", "top", id, "-eo", "pid,args"], default, None);
        Assert.True(top.ExitCode == 0, top.Error);
        return top.Text;
    }

    private static async Task<string> HashAsync(Stream stream) => Convert.ToHexString(await SHA256.HashDataAsync(stream));

    private static async Task<string> TextAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
