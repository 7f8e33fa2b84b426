using PisaHpc.Adapters;
using PisaHpc.Nodes;
using PisaHpc.Preflight;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Preflight;

/// <summary>The scripts in a real shell, on this machine.</summary>
public sealed class PreflightFactsTests
{
    private static readonly DateTimeOffset Asked = DateTimeOffset.FromUnixTimeSeconds(1_000_000);

    [Fact]
    public async Task This_machine_tells_its_facts_whole()
    {
        var connection = await ConnectAsync();
        var facts = await PreflightFacts.ReadAsync(connection, "/", new HpcSite(), ["root", "no-such-user"], TimeProvider.System, CancellationToken.None);

        Assert.Equal(0, facts.ClockSkewSec);
        Assert.True(facts.FreeDiskBytes > 0);
        Assert.True(facts.MemoryBytes > 1 << 20);
        var range = await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_local_port_range");
        Assert.Equal(string.Join(' ', range.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), facts.Sysctl["net/ipv4/ip_local_port_range"]);
        Assert.Equal((0u, 0u), (facts.Users["root"]!.Uid, facts.Users["root"]!.Gid));
        Assert.Null(facts.Users["no-such-user"]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(-1, 0)]
    [InlineData(10, 8)]
    [InlineData(-10, -9)]
    public void A_skew_is_what_the_time_of_the_question_does_not_explain(int nodeSec, double skewSec) =>
        Assert.Equal(skewSec, PreflightFacts.SkewOf(Asked.AddSeconds(nodeSec), Asked, Asked.AddSeconds(2)));

    [Fact]
    public async Task Paths_are_there_or_not()
    {
        var connection = await ConnectAsync();
        var answers = await PathProbe.ReadAsync(connection, ["/", "/no/such", "/proc/self"], TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.Equal(["/", "/proc/self"], answers.Existing.Order());
        Assert.Equal(["/no/such"], answers.Missing);
        Assert.Empty(answers.Silent);
        Assert.Equal(("proc", ""), (answers.FileSystems["/proc/self"], answers.FileSystems["/no/such"]));
    }

    [Fact]
    public async Task A_path_that_nobody_answers_for_is_named_and_the_others_count()
    {
        var cluster = new FakeCluster { OnStart = (_, _) => new HangingProcess("+/home\text2/ext3\n-/gpfs/a\t\n") };
        var connection = await ((INodeConnector)cluster).ConnectAsync("o2wn01", CancellationToken.None);
        var answers = await PathProbe.ReadAsync(connection, ["/home", "/gpfs/a", "/dead"], TimeSpan.FromMilliseconds(50), CancellationToken.None);
        Assert.Equal(["/home"], answers.Existing);
        Assert.Equal(["/gpfs/a"], answers.Missing);
        Assert.Equal(["/dead"], answers.Silent);
    }

    [Fact]
    public async Task Whoever_asks_for_a_silent_path_may_be_out_of_reach_himself()
    {
        var failure = new HpcException(ErrorId.NodeCommandFailed, "It may still run there.", "o2wn01");
        var cluster = new FakeCluster { OnStart = (_, _) => new HangingProcess("+/home\txfs\n") { AtTheEnd = failure } };
        var connection = await ((INodeConnector)cluster).ConnectAsync("o2wn01", CancellationToken.None);
        var answers = await PathProbe.ReadAsync(connection, ["/home", "/dead"], TimeSpan.FromMilliseconds(50), CancellationToken.None);
        Assert.Equal(["/dead"], answers.Silent);
    }

    private static async Task<INodeConnection> ConnectAsync() =>
        await NodeConnectors.For(new NodeAccess { Client = SshClientKind.Local }).ConnectAsync("localhost", CancellationToken.None);

    /// <summary>A command that says something and then hangs, as one does in the kernel.</summary>
    private sealed class HangingProcess(string said) : INodeProcess
    {
        public Stream Input { get; } = new MemoryStream();

        public Stream Output { get; } = new HangingStream(System.Text.Encoding.UTF8.GetBytes(said));

        public Stream Error { get; } = new MemoryStream();

        public Task<int> WaitAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => 0, TaskScheduler.Default);

        public HpcException? AtTheEnd { get; init; }

        public ValueTask DisposeAsync() => AtTheEnd is null ? ValueTask.CompletedTask : ValueTask.FromException(AtTheEnd);
    }

    private sealed class HangingStream(byte[] said) : MemoryStream(said)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (await base.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                return read;
            }

            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
