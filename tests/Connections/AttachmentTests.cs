using System.Text;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>The streams of a container's main process.</summary>
[Trait("Category", "Connections")]
public sealed class AttachmentTests(Lab lab) : IClassFixture<Lab>
{
    private const string Repeats = "while read -r word; do echo \"out $word\"; echo \"err $word\" >&2; [ \"$word\" != end ] || exit 5; done";

    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(SshClientKind.Builtin)]
    [InlineData(SshClientKind.OpenSsh)]
    public async Task What_is_written_is_read_by_the_process_and_its_outputs_come_apart_until_it_ends(SshClientKind client)
    {
        await using var reach = new Reach(Lab.Access with { Client = client });
        var (engine, id) = await CreateAsync(reach, Repeats);
        await using var attached = await engine.AttachAsync(id, None);
        await engine.StartAsync(id, None);
        await SayAsync(attached, "one");
        Assert.Equal(("out one", "err one"), (await Lab.LineAsync(attached.Output), await Lab.LineAsync(attached.Error)));
        await SayAsync(attached, "end");
        Assert.Equal(("out end", "err end"), (await Lab.LineAsync(attached.Output), await Lab.LineAsync(attached.Error)));
        Assert.Equal((0, 0), (await attached.Output.ReadAsync(new byte[1]), await attached.Error.ReadAsync(new byte[1])));
    }

    [Fact]
    public async Task Leaving_lets_the_process_go_on_with_its_input_open_for_whoever_comes_next()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await CreateAsync(reach, Repeats);
        await engine.StartAsync(id, None);
        await using (var first = await engine.AttachAsync(id, None))
        {
            await SayAsync(first, "one");
            Assert.Equal("out one", await Lab.LineAsync(first.Output));
            await first.Input.DisposeAsync();
        }

        Assert.Equal(ContainerState.Running, (await engine.FindAsync(id, None))!.State);
        await using var second = await engine.AttachAsync(id, None);
        await SayAsync(second, "two");
        Assert.Equal("out two", await Lab.LineAsync(second.Output));
    }

    [Fact]
    public async Task A_terminal_is_told_its_size_and_has_one_output()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await CreateAsync(reach, "stty -echo; echo up; read -r go; stty size; echo word >&2; read -r end", terminal: true);
        await using var attached = await engine.AttachAsync(id, None);
        await engine.StartAsync(id, None);
        Assert.Equal("up", await Lab.LineAsync(attached.Output));
        await attached.ResizeAsync(new TerminalSize(99, 22), None);
        await SayAsync(attached, "go");
        Assert.Equal(("22 99", "word"), (await Lab.LineAsync(attached.Output), await Lab.LineAsync(attached.Output)));
        await SayAsync(attached, "end");
        Assert.Equal(0, await attached.Error.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task What_is_not_there_and_what_has_ended_is_told()
    {
        await using var reach = new Reach(Lab.Access);
        var (engine, id) = await CreateAsync(reach, "exit 3");
        await engine.StartAsync(id, None);
        await foreach (var _ in engine.ReadLogAsync(id, null, follow: true, None))
        {
            // Its end is the log's.
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await engine.FindAsync(id, limit.Token))!.State == ContainerState.Running)
        {
        }

        Assert.Equal(ErrorId.ContainerNotReady, await FailureAsync(id));
        Assert.Equal(ErrorId.ContainerNotFound, await FailureAsync("nonesuch"));

        async Task<ErrorId> FailureAsync(string container) =>
            (await Assert.ThrowsAsync<HpcException>(() => engine.AttachAsync(container, None))).Id;
    }

    private async Task<(IContainerEngine Engine, string Id)> CreateAsync(Reach reach, string script, bool terminal = false)
    {
        var engine = await reach.EngineAsync();
        var spec = lab.Spec with { Command = ["/bin/sh", "-c", script], OpenInput = true, Terminal = terminal };
        return (engine, await engine.CreateAsync(spec, None));
    }

    private static Task SayAsync(IAttachment attached, string word) => attached.Input.WriteAsync(Encoding.UTF8.GetBytes(word + "\n")).AsTask();
}
