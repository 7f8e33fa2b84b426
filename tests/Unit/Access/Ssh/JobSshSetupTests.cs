using PisaHpc.Access.Ssh;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Tracing;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>Two nodes, each with a run directory of its own on this machine's tmpfs.</summary>
public sealed class JobSshSetupTests : IDisposable
{
    private readonly string _root = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}";
    private readonly Nodes _nodes;
    private readonly TakenBack _taken = new(new CancellationToken(canceled: true));
    private readonly JobSshSetup _setup;
    private readonly JobSshRequest _request;

    public JobSshSetupTests()
    {
        _nodes = new Nodes(_root + "/run");
        _setup = new JobSshSetup(new Cluster(_nodes, new FakeCluster(), FakeCluster.Unexpected), new Ed25519KeyGenerator())
        {
            TakenBack = _taken,
        };
        _request = Sample.Request() with { Directory = _root + "/run/4711", Keys = JobSshSetup.NoKeys };
    }

    [Fact]
    public async Task Both_nodes_get_the_same_keys_and_a_second_call_changes_nothing()
    {
        var first = await WriteAsync();
        Assert.True(first.Changed);
        Assert.Equal(Read("o2wn01", "id_ed25519"), Read("o2wn02", "id_ed25519"));
        var second = await WriteAsync();
        Assert.False(second.Changed);
        var nodes = first.Nodes;
        Assert.Equal(first with { Nodes = nodes }, second with { Changed = true, Nodes = nodes });
    }

    [Fact]
    public async Task A_node_that_lost_its_directory_gets_the_job_s_own_keys_again()
    {
        var first = await WriteAsync();
        Directory.Delete(DirectoryOn("o2wn02"), recursive: true);
        var second = await WriteAsync();
        Assert.True(second.Changed);
        Assert.Equal(first.KeyFingerprint, second.KeyFingerprint);
        Assert.Equal(Read("o2wn01", "host_ed25519_key"), Read("o2wn02", "host_ed25519_key"));
    }

    [Fact]
    public async Task One_node_failing_takes_the_other_s_files_back()
    {
        Directory.CreateDirectory(DirectoryOn("o2wn02"));
        var failure = await Assert.ThrowsAsync<HpcException>(WriteAsync);
        Assert.Equal(ErrorId.JobRolledBack, failure.Id);
        var failed = Assert.Single(failure.FailedNodes);
        Assert.Equal(("o2wn02", ErrorId.NodeCommandFailed), (failed.Node, failed.Id));
        Assert.Same(failed.Cause, failure.InnerException);
        Assert.Contains($"o2wn02: NodeCommandFailed: {failed.Message}", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(DirectoryOn("o2wn01")));
        Assert.True(Directory.Exists(DirectoryOn("o2wn02")), "another user's directory was removed");
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_takes_the_other_s_files_back()
    {
        _nodes.Down = "o2wn02";
        Assert.Equal(ErrorId.JobRolledBack, (await Assert.ThrowsAsync<HpcException>(WriteAsync)).Id);
        Assert.False(Directory.Exists(DirectoryOn("o2wn01")));
    }

    [Fact]
    public async Task A_second_call_that_fails_leaves_a_running_job_its_keys()
    {
        await WriteAsync();
        var key = Read("o2wn01", "id_ed25519");
        _nodes.Down = "o2wn02";

        var failure = await Assert.ThrowsAsync<HpcException>(() => WriteAsync(_request with { Port = 22043 }));

        Assert.Equal(ErrorId.NodeCommandFailed, failure.Id);
        Assert.Contains("stays on the others", failure.Message, StringComparison.Ordinal);
        Assert.Equal("o2wn02", Assert.Single(failure.FailedNodes).Node);
        Assert.Equal(key, Read("o2wn01", "id_ed25519"));
        Assert.Contains("Port 22043", Read("o2wn01", "sshd_config"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_node_s_own_failure_is_told_as_it_is()
    {
        _nodes.Down = "o2wn01";
        Assert.Equal(ErrorId.NodeUnreachable, (await Assert.ThrowsAsync<HpcException>(WriteAsync)).Id);
    }

    [Fact]
    public async Task A_write_whose_answer_got_lost_is_taken_back_by_its_key()
    {
        _nodes.AnswerLost = "o2wn02";
        await Assert.ThrowsAsync<HpcException>(WriteAsync);
        Assert.False(Directory.Exists(DirectoryOn("o2wn01")));
        Assert.False(Directory.Exists(DirectoryOn("o2wn02")));
        Assert.Equal(["Job 4711: keys were taken back from o2wn[01-02]."], _taken.Lines);
    }

    [Fact]
    public async Task A_node_that_goes_away_with_what_was_written_is_named_with_the_next_step()
    {
        (_nodes.AnswerLost, _nodes.GoneAfterwards) = ("o2wn02", true);

        var failure = await Assert.ThrowsAsync<HpcException>(WriteAsync);

        Assert.Equal(ErrorId.JobLeftBehind, failure.Id);
        Assert.Equal(("o2wn02", ErrorId.NodeUnreachable), Assert.Single(failure.LeftBehind.Select(left => (left.Node, left.Id))));
        Assert.Equal("o2wn02", Assert.Single(failure.FailedNodes).Node);
        Assert.Equal("When the nodes answer again: Remove-JobSshConfig '4711' -Node o2wn02.", failure.RecommendedAction);
        Assert.False(Directory.Exists(DirectoryOn("o2wn01")));
        Assert.True(Directory.Exists(DirectoryOn("o2wn02")));
    }

    [Fact]
    public void A_prediction_names_everything_but_the_keys()
    {
        var config = JobSshSetup.Predict(_request);
        Assert.Equal(("4711", 22042, "hpcuser", "", true), (config.JobId, config.Port, config.User, config.KeyFingerprint, config.Changed));
    }

    [Fact]
    public async Task A_prediction_of_a_job_that_has_its_keys_tells_whether_a_node_lacks_something()
    {
        Assert.Equal(("", true), Told(await _setup.PredictAsync(_request, default)));
        var written = await WriteAsync();
        Assert.Equal((written.KeyFingerprint, false), Told(await _setup.PredictAsync(_request, default)));
        Assert.Equal((written.KeyFingerprint, true), Told(await _setup.PredictAsync(_request with { Port = 22043 }, default)));
        Directory.Delete(DirectoryOn("o2wn02"), recursive: true);
        Assert.Equal((written.KeyFingerprint, true), Told(await _setup.PredictAsync(_request, default)));
        Assert.False(Directory.Exists(DirectoryOn("o2wn02")));

        static (string Key, bool Changed) Told(JobSshConfig config) => (config.KeyFingerprint, config.Changed);
    }

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    private Task<JobSshConfig> WriteAsync() => WriteAsync(_request);

    private Task<JobSshConfig> WriteAsync(JobSshRequest request) =>
        _setup.WriteAsync(request, CancellationToken.None);

    private string DirectoryOn(string node) => $"{_root}/run-{node}/4711";

    private string Read(string node, string file) => File.ReadAllText($"{DirectoryOn(node)}/{file}");

    private sealed class Nodes(string shared) : INodeConnector
    {
        public string? Down { get; set; }

        public string? AnswerLost { get; set; }

        public bool GoneAfterwards { get; set; }

        public Task<INodeConnection> ConnectAsync(string node, CancellationToken cancellationToken) => node == Down
            ? throw new HpcException(ErrorId.NodeUnreachable, $"Node {node} does not answer.", node)
            : Task.FromResult<INodeConnection>(node == AnswerLost ? new LosingAnswers(new LocalShell(node, shared), Lost) : new LocalShell(node, shared));

        private void Lost() => Down = GoneAfterwards ? AnswerLost : Down;
    }

    /// <summary>A connection that breaks after the command with input (the write) was done.</summary>
    private sealed class LosingAnswers(LocalShell shell, Action lost) : INodeConnection
    {
        public string Node => shell.Node;

        public async Task<NodeCommandResult> RunAsync(
            IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
        {
            var result = await shell.RunAsync(arguments, input, cancellationToken);
            if (input.IsEmpty)
            {
                return result;
            }

            lost();
            throw new HpcException(ErrorId.NodeUnreachable, $"The connection to {Node} broke.", Node);
        }

        public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
            shell.StartAsync(arguments, cancellationToken);
    }
}
