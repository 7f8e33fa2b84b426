using System.Text;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>Commands with a terminal in a container of a lab's node.</summary>
[Trait("Category", "Connections")]
public class TerminalTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(SshClientKind.Builtin)]
    [InlineData(SshClientKind.OpenSsh)]
    public async Task A_command_has_a_terminal_of_the_size_asked_for_and_is_told_of_another(SshClientKind client)
    {
        await using var reach = new Reach(Lab.Access with { Client = client });
        await using var execution = await StartAsync(
            reach, "stty -echo; tty; read -r go; stty size; trap 'stty size' WINCH; echo set; while :; do sleep 0.1; done");
        Assert.StartsWith("/dev/pts/", await Lab.LineAsync(execution.Output), StringComparison.Ordinal);
        await execution.Input.WriteAsync("\n"u8.ToArray());
        Assert.Equal("41 133", await Lab.LineAsync(execution.Output));
        Assert.Equal("set", await Lab.LineAsync(execution.Output));
        await execution.ResizeAsync(new TerminalSize(99, 22), None);
        Assert.Equal("22 99", await Lab.LineAsync(execution.Output));
    }

    [Fact]
    public async Task Output_and_error_are_one_stream_and_characters_come_as_they_are()
    {
        await using var reach = new Reach(Lab.Access);
        await using var execution = await StartAsync(reach, "stty -echo; echo up; read -r word; echo \"<$word>\" >&2; exit 3");
        Assert.Equal("up", await Lab.LineAsync(execution.Output));
        await execution.Input.WriteAsync(Encoding.UTF8.GetBytes("grüße 計算\n"));
        Assert.Equal("<grüße 計算>", await Lab.LineAsync(execution.Output));
        Assert.Equal(0, await execution.Error.ReadAsync(new byte[1]));
        Assert.Equal(3, await execution.WaitAsync(None));
        await execution.ResizeAsync(new TerminalSize(80, 24), None);
    }

    [Fact]
    public async Task Every_key_is_the_command_s_at_once_and_the_end_of_input_is_one_of_them()
    {
        await using var reach = new Reach(Lab.Access);
        await using var execution = await StartAsync(
            reach, "stty raw -echo; echo up; for i in 1 2 3 4; do head -c 1 | od -An -tx1; done; stty sane -echo; echo sane; cat; echo over");
        Assert.Equal("up", await Lab.LineAsync(execution.Output));
        foreach (var key in new byte[] { 0x10, 0x11, 0x03, 0x00 })
        {
            await execution.Input.WriteAsync(new[] { key });
            Assert.Equal($"{key:x2}", (await Lab.LineAsync(execution.Output)).Trim());
        }

        // What comes before the terminal is sane again is a byte as any other.
        Assert.Equal("sane", (await Lab.LineAsync(execution.Output)).Trim());
        await execution.Input.WriteAsync(new byte[] { 0x04 });
        Assert.Equal("over", (await Lab.LineAsync(execution.Output)).Trim());
        Assert.Equal(0, await execution.WaitAsync(None));
    }

    [Fact]
    public async Task An_interactive_shell_and_what_runs_in_it_end_with_their_caller()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var execution = await StartAsync(reach, "exec sh -i");
        await execution.Input.WriteAsync("sleep 1007 & sleep 1008 | cat & echo st''arted; sleep 1009\n"u8.ToArray());
        while (!(await Lab.LineAsync(execution.Output)).Contains("started", StringComparison.Ordinal))
        {
            // The prompt, and the echo of what was typed.
        }

        await execution.DisposeAsync();
        var node = await reach.NodeAsync();
        var container = Assert.Single(await engine.ListAsync(new Dictionary<string, string?>([lab.Mark]), None), found => found.State == ContainerState.Running);
        var top = await node.RunAsync(["docker", "-H", $"unix://{Lab.Access.EngineSocket}", "top", container.Id, "-eo", "pid,args"], default, None);
        Assert.Contains("sleep 1000", top.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("sleep 100", top.Text.Replace("sleep 1000", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private async Task<IExecution> StartAsync(Reach reach, string script)
    {
        var engine = await reach.EngineAsync();
        foreach (var old in await engine.ListAsync(new Dictionary<string, string?>([lab.Mark]), None))
        {
            await engine.RemoveAsync(old.Id, None);
        }

        var id = await engine.CreateAsync(lab.Spec, None);
        await engine.StartAsync(id, None);
        return await engine.Executions.StartAsync(id, new ExecutionRequest(["sh", "-c", script]) { Terminal = new TerminalSize(133, 41) }, None);
    }
}
