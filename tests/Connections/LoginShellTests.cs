using System.Text;
using PisaHpc.Adapters;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>Whatever the account's login shell on a node is, a command there is the same.</summary>
[Trait("Category", "Connections")]
public class LoginShellTests(LoginShells shells) : IClassFixture<LoginShells>
{
    private const string Node = "127.0.0.1";
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly string[] Nasty =
    [
        "it's", "a!b !! !$ !", "line\nbreak\n", "\n", "\\", "\\\\", "\\n", "\\0101", "trail\\", "a\\\nb", "\\'", "'", "''", "\"", "$HOME `id`",
        "* ? ; & | < > ( ) { } [ ] # ~ ^x^y^", "", "-n", "%self", "@x", "=ls", "über 計算", "\u0001\t\u007f", "%s%d", "$'x'", "{a,b}",
    ];

    public static TheoryData<string, SshClientKind> Ways
    {
        get
        {
            var ways = new TheoryData<string, SshClientKind>();
            foreach (var shell in LoginShells.All)
            {
                ways.Add(shell, SshClientKind.Builtin);
                ways.Add(shell, SshClientKind.OpenSsh);
            }

            return ways;
        }
    }

    public static TheoryData<string, string, string, SshClientKind> Refusals
    {
        get
        {
            var ways = new TheoryData<string, string, string, SshClientKind>();
            foreach (var client in (SshClientKind[])[SshClientKind.Builtin, SshClientKind.OpenSsh])
            {
                ways.Add("/usr/sbin/nologin", "", "ended with 1 and said 'This account is currently not available.'", client);
                ways.Add("/bin/false", "", "ended with 1 and said nothing", client);
                ways.Add("/bin/sh", "ForceCommand echo one >&2; echo two; exit 3", "ended with 3 and said 'two one'", client);
                ways.Add("/bin/sh", "ForceCommand echo welcome", "ended with 0 and said 'welcome'", client);
                ways.Add("/bin/sh", "ForceCommand internal-sftp", "said 'This service allows sftp connections only.'", client);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Arguments_arrive_as_they_are(string shell, SshClientKind client)
    {
        string[] arguments = [.. Nasty, string.Join('!', Enumerable.Repeat("it's a long one\n", 600)), new('x', 20_000)];
        var result = await RunAsync(await shells.AccessAsync(shell, client), ["printf", "%s|", .. arguments]);
        Assert.Equal(string.Concat(arguments.Select(argument => argument + "|")), result.Text);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
    }

    /// <summary>One that reads nothing is run by the login's own shell, where each shell takes its arguments as they are.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_script_s_arguments_arrive_as_they_are_and_nothing_can_be_read(string shell, SshClientKind client)
    {
        var access = await shells.AccessAsync(shell, client);
        string[] plain = [.. Nasty.Where(LoginShellLine.IsPlain), "--", new('x', 1000)];
        Assert.InRange(plain.Length, 12, Nasty.Length);
        foreach (var arguments in (string[][])[[], plain, Nasty])
        {
            var script = $"# {new string('y', 3000)}\nprintf '%s|' \"$0\" \"$@\"\ncat\nexit 3\n";
            var result = await RunAsync(access, ["sh", "-c", script, "Folder/name.sh", .. arguments]);
            Assert.Equal(string.Concat(((string[])["Folder/name.sh", .. arguments]).Select(argument => argument + "|")), result.Text);
            Assert.Equal((3, ""), (result.ExitCode, result.Error));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Input_output_errors_and_exit_code_go_through(string shell, SshClientKind client)
    {
        var input = new byte[300_000];
        new Random(1).NextBytes(input);
        var access = await shells.AccessAsync(shell, client);
        var result = await RunAsync(access, ["sh", "-c", "cat; echo 'what!' >&2; exit 3"], input);
        Assert.Equal((3, "what!\n"), (result.ExitCode, result.Error));
        Assert.True(input.AsSpan().SequenceEqual(result.Output.Span), $"{result.Output.Length} bytes came back");
        Assert.Equal(143, (await RunAsync(access, ["sh", "-c", "kill -TERM $$"])).ExitCode);
        Assert.Equal(137, (await RunAsync(access, ["sh", "-c", "kill -KILL $$"], input)).ExitCode);
        Assert.Equal(127, (await RunAsync(access, ["/nonesuch/program"])).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_started_command_is_read_and_written_while_it_runs(string shell, SshClientKind client)
    {
        await using var pool = NodeConnectors.NewPool(await shells.AccessAsync(shell, client));
        var node = await pool.ConnectAsync(Node, None);
        await using var process = await node.StartAsync(["sh", "-c", "read line\necho \"got $line\"; cat; exit 5"], None);
        using var output = new StreamReader(process.Output);
        await process.Input.WriteAsync("one!\n"u8.ToArray());
        await process.Input.FlushAsync();
        Assert.Equal("got one!", await output.ReadLineAsync());
        await process.Input.WriteAsync("two\n"u8.ToArray());
        await process.Input.DisposeAsync();
        Assert.Equal("two\n", await output.ReadToEndAsync());
        Assert.Equal(5, await process.WaitAsync(None));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_cancelled_command_is_ended_with_all_it_started(string shell, SshClientKind client)
    {
        var (one, two) = (RemoteProcesses.UniqueSleep(), RemoteProcesses.UniqueSleep());
        await using var pool = NodeConnectors.NewPool(await shells.AccessAsync(shell, client));
        var node = await pool.ConnectAsync(Node, None);
        using var stop = new CancellationTokenSource();
        var running = node.RunAsync(["sh", "-c", $"sleep {one} &\nsleep {two}"], default, stop.Token);
        await RemoteProcesses.StartedAsync(one);
        await RemoteProcesses.StartedAsync(two);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await RemoteProcesses.GoneAsync(one);
        await RemoteProcesses.GoneAsync(two);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task An_account_that_runs_no_command_is_told_with_its_words(string shell, string settings, string words, SshClientKind client)
    {
        await using var pool = NodeConnectors.NewPool(await shells.AccessAsync(shell, client, settings));
        var node = await pool.ConnectAsync(Node, None);
        Func<Task>[] ways =
        [
            () => node.RunAsync(["true"], default, None),
            () => node.RunAsync(["cat"], Encoding.ASCII.GetBytes("input"), None),
            () => node.StartAsync(["cat"], None),
        ];
        foreach (var way in ways)
        {
            var failure = await Assert.ThrowsAsync<HpcException>(way);
            Assert.Equal((ErrorId.NodeShellRefused, Node), (failure.Id, failure.Target));
            Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        }
    }

    private static async Task<NodeCommandResult> RunAsync(NodeAccess access, string[] arguments, ReadOnlyMemory<byte> input = default)
    {
        await using var pool = NodeConnectors.NewPool(access);
        var node = await pool.ConnectAsync(Node, None);
        return await node.RunAsync(arguments, input, None);
    }
}
