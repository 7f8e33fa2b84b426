using System.Diagnostics;
using PisaHpc.Adapters.Ssh;

namespace PisaHpc.Unit.Ssh;

public class NodeSessionsTests
{
    private static readonly RemoteCommand Command = RemoteCommand.WithoutInput(["true"]);
    private static readonly TimeSpan NotIdle = TimeSpan.FromHours(1);

    [Fact]
    public async Task Callers_at_the_same_time_share_one_attempt()
    {
        var gate = new TaskCompletionSource<INodeTransport>();
        var attempts = 0;
        await using var sessions = new NodeSessions("n1", _ => { attempts++; return gate.Task; }, NotIdle);
        var callers = Enumerable.Range(0, 20).Select(_ => sessions.OpenAsync(CancellationToken.None)).ToList();
        gate.SetResult(new FakeTransport());
        await Task.WhenAll(callers);
        Assert.Equal(1, attempts);
        Assert.Equal(1, sessions.OpenConnections);
    }

    [Fact]
    public async Task A_connection_and_the_clock_that_closes_it_are_in_no_activity_of_whoever_opened_it()
    {
        using var caller = new Activity("a job").Start();
        Activity?[] seen = [caller, caller];
        var transport = new FakeTransport { OnDispose = () => seen[1] = Activity.Current };
        await using var sessions = new NodeSessions(
            "n1",
            _ =>
            {
                seen[0] = Activity.Current;
                return Task.FromResult<INodeTransport>(transport);
            },
            TimeSpan.FromMilliseconds(1));

        await sessions.OpenAsync(CancellationToken.None);
        await transport.Closed.Task;

        Assert.Equal([null, null], seen);
        Assert.Same(caller, Activity.Current);
    }

    [Fact]
    public async Task A_failed_attempt_fails_those_who_waited_and_nobody_later()
    {
        var gate = new TaskCompletionSource<INodeTransport>();
        var attempts = 0;
        await using var sessions = new NodeSessions("n1", _ => attempts++ == 0 ? gate.Task : Task.FromResult<INodeTransport>(new FakeTransport()), NotIdle);
        var first = sessions.OpenAsync(CancellationToken.None);
        var second = sessions.OpenAsync(CancellationToken.None);
        gate.SetException(new HpcException(ErrorId.NodeUnreachable, "no", "n1"));
        await Assert.ThrowsAsync<HpcException>(() => first);
        await Assert.ThrowsAsync<HpcException>(() => second);
        await sessions.OpenAsync(CancellationToken.None);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_the_attempt_to_the_others()
    {
        var gate = new TaskCompletionSource<INodeTransport>();
        await using var sessions = new NodeSessions("n1", _ => gate.Task, NotIdle);
        using var impatient = new CancellationTokenSource();
        var first = sessions.OpenAsync(impatient.Token);
        var second = sessions.OpenAsync(CancellationToken.None);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult(new FakeTransport());
        await second;
    }

    [Fact]
    public async Task A_broken_connection_is_replaced_and_closed()
    {
        var made = new List<FakeTransport>();
        await using var sessions = Sessions(made);
        await sessions.OpenAsync(CancellationToken.None);
        made[0].IsOpen = false;
        await sessions.OpenAsync(CancellationToken.None);
        Assert.Equal(2, made.Count);
        await made[0].Closed.Task.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task More_commands_than_places_wait_for_a_place()
    {
        var made = new List<FakeTransport>();
        await using var sessions = Sessions(made, places: 1);
        var holder = await sessions.StartAsync(Command, CancellationToken.None);
        var waiter = sessions.StartAsync(Command, CancellationToken.None);
        Assert.False(waiter.IsCompleted);
        await holder.DisposeAsync();
        await using var second = await waiter;
        Assert.Single(made);
    }

    [Fact]
    public async Task Places_that_stay_taken_open_another_connection()
    {
        var made = new List<FakeTransport>();
        await using var sessions = Sessions(made, places: 1);
        await using var holder = await sessions.StartAsync(Command, CancellationToken.None);
        await using var second = await sessions.StartAsync(Command, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(2, made.Count);
    }

    [Fact]
    public async Task A_second_connection_that_cannot_be_made_leaves_the_first_one_s_places()
    {
        var attempts = 0;
        await using var sessions = new NodeSessions(
            "n1",
            _ => attempts++ == 0
                ? Task.FromResult<INodeTransport>(new FakeTransport { MaxSessions = 1, Allowed = 1 })
                : Task.FromException<INodeTransport>(new HpcException(ErrorId.NodeUnreachable, "too many", "n1")),
            NotIdle);
        var holder = await sessions.StartAsync(Command, CancellationToken.None);
        var waiter = sessions.StartAsync(Command, CancellationToken.None);
        while (Volatile.Read(ref attempts) < 2)
        {
            Assert.False(waiter.IsCompleted);
            await Task.Delay(20);
        }

        await holder.DisposeAsync();
        await using var second = await waiter.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task An_open_node_with_every_place_taken_is_open()
    {
        await using var sessions = Sessions([], places: 1);
        await using var holder = await sessions.StartAsync(Command, CancellationToken.None);
        Assert.True(sessions.OpenAsync(CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_connection_that_comes_after_closing_is_closed()
    {
        var gate = new TaskCompletionSource<INodeTransport>();
        var sessions = new NodeSessions("n1", _ => gate.Task, NotIdle);
        var opening = sessions.OpenAsync(CancellationToken.None);
        await sessions.DisposeAsync();
        var late = new FakeTransport();
        gate.SetResult(late);
        await late.Closed.Task.WaitAsync(TimeSpan.FromSeconds(5));
        await opening;
    }

    [Fact]
    public async Task A_node_that_allows_fewer_sessions_than_believed_gets_a_second_connection()
    {
        var made = new List<FakeTransport>();
        await using var sessions = Sessions(made, places: 10, allowed: 2);
        var held = new List<INodeSession>();
        for (var i = 0; i < 5; i++)
        {
            held.Add(await sessions.StartAsync(Command, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        }

        Assert.Equal(3, made.Count);
    }

    [Fact]
    public async Task A_refusal_that_comes_when_the_others_have_ended_is_no_failure()
    {
        var refusing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var narrow = new FakeTransport { Allowed = 1, Refusing = refusing.Task };
        await using var sessions = new NodeSessions("n1", _ => Task.FromResult<INodeTransport>(narrow), NotIdle);
        var first = await sessions.StartAsync(Command, CancellationToken.None);
        var second = sessions.StartAsync(Command, CancellationToken.None);
        await first.DisposeAsync();
        refusing.SetResult();
        await using var served = await second.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_node_that_allows_no_session_is_told_as_such()
    {
        await using var sessions = Sessions([], places: 10, allowed: 0);
        var failure = await Assert.ThrowsAsync<HpcException>(() => sessions.StartAsync(Command, CancellationToken.None));
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
    }

    [Fact]
    public async Task An_unused_connection_is_closed_and_a_used_one_is_not()
    {
        var made = new List<FakeTransport>();
        await using var sessions = Sessions(made, idle: TimeSpan.FromMilliseconds(50));
        var held = await sessions.StartAsync(Command, CancellationToken.None);
        Assert.NotSame(made[0].Closed.Task, await Task.WhenAny(made[0].Closed.Task, Task.Delay(300)));
        await held.DisposeAsync();
        await made[0].Closed.Task.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(0, sessions.OpenConnections);
    }

    [Fact]
    public async Task Closing_closes_every_connection()
    {
        var made = new List<FakeTransport>();
        var sessions = Sessions(made);
        await sessions.OpenAsync(CancellationToken.None);
        await sessions.DisposeAsync();
        await made[0].Closed.Task.WaitAsync(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sessions.OpenAsync(CancellationToken.None));
    }

    private static NodeSessions Sessions(List<FakeTransport> made, int places = 10, int? allowed = null, TimeSpan? idle = null) => new(
        "n1",
        _ =>
        {
            var transport = new FakeTransport { MaxSessions = places, Allowed = allowed ?? places };
            made.Add(transport);
            return Task.FromResult<INodeTransport>(transport);
        },
        idle ?? NotIdle);

    [Fact]
    public async Task Who_closes_what_is_idle_leaves_what_others_use()
    {
        var made = new List<FakeTransport>();
        await using var sessions = Sessions(made);
        var used = await sessions.StartAsync(Command, CancellationToken.None);
        await sessions.CloseIdleAsync();
        Assert.True(made[0].IsOpen);
        await used.DisposeAsync();
        await sessions.CloseIdleAsync();
        Assert.False(made[0].IsOpen);
        await (await sessions.StartAsync(Command, CancellationToken.None)).DisposeAsync();
        Assert.Equal(2, made.Count);
    }

    [Fact]
    public async Task A_command_that_no_signal_ends_is_not_taken_for_ended()
    {
        await using var sessions = Sessions([]);
        var failure = await Assert.ThrowsAsync<HpcException>(() => new RunningCommand("n1", sessions, new EndlessSession()).EndAsync());
        Assert.Equal(ErrorId.NodeCommandFailed, failure.Id);
        Assert.Contains("may still run there", failure.Message, StringComparison.Ordinal);
    }

    private sealed class EndlessSession : INodeSession
    {
        public Stream Input => Stream.Null;

        public Stream Output => Stream.Null;

        public Stream Error => Stream.Null;

        public Task<int> Completion { get; } = new TaskCompletionSource<int>().Task;

        public Task<int?> ProcessIdAsync() => Task.FromResult<int?>(4711);

        public Task<SessionOutput> ReadToEndAsync() => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
