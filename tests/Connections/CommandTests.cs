using System.Diagnostics;
using PisaHpc.Adapters;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>What every way to a node does with a command.</summary>
[Trait("Category", "Connections")]
public abstract class CommandTests
{
    protected const string Node = "127.0.0.1";

    protected abstract NodeAccess Access { get; }

    [Fact]
    public async Task Output_errors_and_exit_code_come_back()
    {
        var result = await RunAsync("sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n", "err\n"), (result.ExitCode, result.Text, result.Error));
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    [InlineData("it's $HOME `id` \"quoted\" \\ * ? ; & | < > ( ) { } [ ] ! # ~")]
    [InlineData("line\nbreak\ttab")]
    [InlineData("-n")]
    [InlineData("über 計算")]
    public async Task Arguments_arrive_as_they_are(string argument) =>
        Assert.Equal(argument + "|", (await RunAsync("printf", "%s|", argument)).Text);

    [Fact]
    public async Task A_command_without_input_sees_its_end_at_once() => Assert.Equal((0, ""), Pair(await RunAsync("cat")));

    [Fact]
    public async Task Ten_megabytes_go_in_and_come_out()
    {
        var input = new byte[10 << 20];
        new Random(1).NextBytes(input);
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        var result = await node.RunAsync(["cat"], input, CancellationToken.None);
        Assert.True(input.AsSpan().SequenceEqual(result.Output.Span), $"{result.Output.Length} bytes came back");
    }

    [Fact]
    public async Task A_command_that_does_not_read_its_input_still_has_a_result()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        Assert.Equal(7, (await node.RunAsync(["sh", "-c", "exit 7"], new byte[1 << 20], CancellationToken.None)).ExitCode);
    }

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("TERM", 143)]
    [InlineData("SEGV", 139)]
    public async Task A_signal_is_128_and_its_number(string signal, int exitCode) =>
        Assert.Equal(exitCode, (await RunAsync("sh", "-c", $"kill -{signal} $$")).ExitCode);

    [Fact]
    public async Task A_command_s_own_255_is_its_own() => Assert.Equal(255, (await RunAsync("sh", "-c", "exit 255")).ExitCode);

    [Fact]
    public async Task A_program_that_is_not_there_is_127() => Assert.Equal(127, (await RunAsync("/nonesuch/program")).ExitCode);

    [Fact]
    public async Task A_cancelled_command_is_ended_with_all_it_started_for_root_too()
    {
        var (one, two) = (RemoteProcesses.UniqueSleep(), RemoteProcesses.UniqueSleep());
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var running = node.RunAsync(["sh", "-c", $"sleep {one} & setsid -w sleep 0; sleep {two}"], default, stop.Token);
        await RemoteProcesses.StartedAsync(one);
        await RemoteProcesses.StartedAsync(two);
        var clock = Stopwatch.StartNew();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"took {clock.Elapsed}");
        await RemoteProcesses.GoneAsync(one);
        await RemoteProcesses.GoneAsync(two);
    }

    [Fact]
    public async Task A_cancelled_command_that_ignores_the_first_signal_is_killed()
    {
        var sleep = RemoteProcesses.UniqueSleep();
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var running = node.RunAsync(["sh", "-c", $"trap '' TERM; sleep {sleep}"], default, stop.Token);
        await RemoteProcesses.StartedAsync(sleep);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await RemoteProcesses.GoneAsync(sleep);
    }

    [Fact]
    public async Task A_started_command_is_read_and_written_while_it_runs()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        await using var process = await node.StartAsync(["sh", "-c", "read line; echo got $line; cat >&2; exit 5"], CancellationToken.None);
        using var output = new StreamReader(process.Output);
        using var error = new StreamReader(process.Error);
        await process.Input.WriteAsync("one\n"u8.ToArray());
        await process.Input.FlushAsync();
        Assert.Equal("got one", await output.ReadLineAsync());
        await process.Input.WriteAsync("two\n"u8.ToArray());
        await process.Input.DisposeAsync();
        Assert.Equal("two\n", await error.ReadToEndAsync());
        Assert.Equal(5, await process.WaitAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_started_command_sees_the_end_of_an_input_that_nothing_was_written_to()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        await using var process = await node.StartAsync(["cat"], CancellationToken.None);
        await process.Input.DisposeAsync();
        Assert.Equal(0, await process.WaitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_started_command_that_ends_before_its_input_does_others_on_the_connection_no_harm()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        await using var other = await node.StartAsync(["cat"], CancellationToken.None);
        for (var i = 0; i < 30; i++)
        {
            await using var process = await node.StartAsync(["sh", "-c", "head -c 3000000 | wc -c; exit 3"], CancellationToken.None);
            var failure = await Record.ExceptionAsync(() => WriteForEverAsync(process.Input));
            Assert.True(failure is IOException, $"{failure}");
            using var output = new StreamReader(process.Output);
            Assert.Equal("3000000\n", await output.ReadToEndAsync());
            Assert.Equal(3, await process.WaitAsync(CancellationToken.None));
        }

        await other.Input.WriteAsync("still here\n"u8.ToArray());
        await other.Input.DisposeAsync();
        using var rest = new StreamReader(other.Output);
        Assert.Equal("still here\n", await rest.ReadToEndAsync());

        static async Task WriteForEverAsync(Stream input)
        {
            while (true)
            {
                await input.WriteAsync(new byte[100_000]);
            }
        }
    }

    [Fact]
    public async Task A_started_command_ends_with_its_lease()
    {
        var sleep = RemoteProcesses.UniqueSleep();
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        await using (await node.StartAsync(["sleep", sleep], CancellationToken.None))
        {
            await RemoteProcesses.StartedAsync(sleep);
        }

        await RemoteProcesses.GoneAsync(sleep);
    }

    [Fact]
    public async Task Waiting_for_a_started_command_can_be_given_up_without_ending_it()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        await using var process = await node.StartAsync(["cat"], CancellationToken.None);
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => process.WaitAsync(impatient.Token));
        await process.Input.WriteAsync("still here\n"u8.ToArray());
        await process.Input.DisposeAsync();
        using var output = new StreamReader(process.Output);
        Assert.Equal("still here\n", await output.ReadToEndAsync());
    }

    [Fact]
    public async Task Fifty_commands_at_a_time_go_through()
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        var results = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => node.RunAsync(["echo", $"{i}"], default, CancellationToken.None)));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}\n"), results.Select(result => result.Text));
        Assert.Equal(1, pool.OpenConnections(Node));
    }

    private protected static NodePool Pool(NodeAccess access) => NodeConnectors.NewPool(access);

    private static (int, string) Pair(NodeCommandResult result) => (result.ExitCode, result.Text);

    private async Task<NodeCommandResult> RunAsync(params string[] arguments)
    {
        await using var pool = Pool(Access);
        var node = await pool.ConnectAsync(Node, CancellationToken.None);
        return await node.RunAsync(arguments, default, CancellationToken.None);
    }
}
