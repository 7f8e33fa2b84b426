using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

public sealed class ReadinessCheckTests
{
    private readonly FakeCluster _cluster = new();

    [Fact]
    public async Task A_login_that_works_is_what_ready_means() => Assert.True((await WaitAsync(exits: false)).Ready);

    /// <summary>One that began before the container ran may have had too little time.</summary>
    [Theory]
    [InlineData(null, 0)]
    [InlineData("Connection refused", 1)]
    public async Task A_login_that_is_underway_counts_and_is_tried_again_where_it_did_not_work(string? refusal, int more)
    {
        Assert.True((await WaitAsync(exits: false, underway: Task.FromResult(refusal))).Ready);
        Assert.Equal(more, _cluster.Calls.Count(call => call.Step == FakeStep.Run));
    }

    [Fact]
    public async Task A_login_that_never_works_is_told_with_ssh_s_words_and_the_log()
    {
        Log("Server listening on 0.0.0.0 port 22042.");
        _cluster.OnRun = (_, _, _) => FakeCluster.Result(1, "Permission denied (publickey).\n");

        var failure = await Assert.ThrowsAsync<HpcException>(() => WaitAsync(exits: false));

        Assert.Equal(ErrorId.ContainerNotReady, failure.Id);
        Assert.Contains("within 7 s: Permission denied (publickey).; its log ends: Server listening", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_ended_did_not_use_up_its_time()
    {
        Log("/etc/ssh/sshd_config: No such file or directory");

        var failure = await Assert.ThrowsAsync<HpcException>(() => WaitAsync(exits: true));

        Assert.Equal(ErrorId.ContainerNotReady, failure.Id);
        Assert.Contains("ended before it was ready (exit code 255): its log ends: /etc/ssh", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_has_an_id_of_its_own()
    {
        Log("Bind to port 22042 on 0.0.0.0 failed: Address already in use.", "Cannot bind any address.");

        var failure = await Assert.ThrowsAsync<HpcException>(() => WaitAsync(exits: true));

        Assert.Equal((ErrorId.PortInUse, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains("port 22042", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_the_kernel_killed_says_so()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => WaitAsync(exits: true, outOfMemory: true));
        Assert.Contains("(exit code 255, out of memory): its log is empty", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_ends_is_no_end_of_the_container()
    {
        var looked = new TaskCompletionSource();
        _cluster.EngineOf("o2wn01").FollowsLogs = false;
        _cluster.Before("o2wn01", FakeStep.Find, _ => Task.FromResult(looked.TrySetResult()));
        _cluster.HoldOn("o2wn01", FakeStep.Run, looked.Task);

        Assert.True((await WaitAsync(exits: false)).Ready);
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_is_no_end_of_the_container()
    {
        var looked = new TaskCompletionSource();
        _cluster.FailOn(
            "o2wn01", FakeStep.ReadLog, new HpcException(ErrorId.NodeCommandFailed, "the driver does not support reading.", "o2wn01"));
        _cluster.Before("o2wn01", FakeStep.Find, _ => Task.FromResult(looked.TrySetResult()));
        _cluster.HoldOn("o2wn01", FakeStep.Run, looked.Task);
        _cluster.OnRun = (_, _, _) => FakeCluster.Result(1, "Permission denied (publickey).\n");

        var failure = await Assert.ThrowsAsync<HpcException>(() => WaitAsync(exits: false));

        Assert.EndsWith(
            "Permission denied (publickey).; its log cannot be read (the driver does not support reading).",
            failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_another_sshd_answered_makes_no_dead_container_ready()
    {
        Log("Bind to port 22042 on 0.0.0.0 failed: Address already in use.", "Cannot bind any address.");
        _cluster.HoldOn("o2wn01", FakeStep.ReadLog, Task.Delay(100));

        var failure = await Assert.ThrowsAsync<HpcException>(() => WaitAsync(exits: true, held: false));

        Assert.Equal(ErrorId.PortInUse, failure.Id);
    }

    private void Log(params string[] lines) =>
        _cluster.EngineOf("o2wn01").Log = [.. lines.Select(line => new EngineLogLine("stderr", DateTimeOffset.UnixEpoch, line))];

    private async Task<HpcContainer> WaitAsync(
        bool exits, bool outOfMemory = false, bool held = true, Task<string?>? underway = null)
    {
        var engine = _cluster.EngineOf("o2wn01");
        engine.Add(new EngineContainer
        {
            Id = "1",
            Name = "pisahpc-7-a",
            Image = "i",
            State = ContainerState.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Labels = new Dictionary<string, string>(),
        });
        if (exits)
        {
            engine.Exit("1", 255, outOfMemory);
        }

        if (exits && held)
        {
            _cluster.HoldOn("o2wn01", FakeStep.Run, Task.Delay(Timeout.Infinite));
        }

        var connection = await ((INodeConnector)_cluster).ConnectAsync("o2wn01", default);
        return await ReadinessCheck.WaitAsync(connection, engine, Container, TimeSpan.FromSeconds(7), default, underway);
    }

    [Theory]
    [InlineData("Ssh", "")]
    [InlineData("Telnet", "/run/pisahpc/7")]
    public void A_container_that_does_not_say_how_one_gets_into_it_is_an_error_and_no_guess(string access, string directory)
    {
        var failure = Assert.Throws<HpcException>(() => (Container with { Access = access, Directory = directory }).GetAccess());
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Contains($"'{access}'", failure.Message, StringComparison.Ordinal);
    }

    private static HpcContainer Container { get; } = new()
    {
        Node = "o2wn01",
        JobId = "7",
        Name = "pisahpc-7-a",
        Id = "1",
        State = nameof(ContainerState.Running),
        Environment = "debian12",
        Image = "i",
        Owner = "hpcuser",
        Slots = 1,
        Port = 22042,
        Directory = "/run/pisahpc/7",
        ReadyTimeoutSec = 60,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };
}
