using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Nodes;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Engines.Docker;

public sealed class DialStdioStreamTests
{
    [Fact]
    public async Task Its_end_is_awaited_also_when_somebody_began_it()
    {
        var process = new SlowProcess();
        INodeConnector nodes = new FakeCluster { OnStart = (_, _) => process };
        var stream = await DialStdioStream.OpenAsync(
            await nodes.ConnectAsync("n1", CancellationToken.None), "/run/docker.sock", program: null, CancellationToken.None);

        // The HTTP client lets go of its streams in this way.
#pragma warning disable CA1849
        stream.Dispose();
#pragma warning restore CA1849
        var ending = stream.DisposeAsync().AsTask();
        Assert.False(ending.IsCompleted);
        process.End.SetResult();
        await ending.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, process.Disposals);
    }

    [Fact]
    public async Task A_command_that_fails_before_it_takes_a_request_is_told_with_its_words()
    {
        INodeConnector nodes = new FakeCluster { OnStart = (_, _) => new FailedProcess() };
        await using var stream = await DialStdioStream.OpenAsync(
            await nodes.ConnectAsync("n1", CancellationToken.None), "/run/docker.sock", program: null, CancellationToken.None);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var failure = await Assert.ThrowsAsync<HpcException>(() => stream.WriteAsync("GET"u8.ToArray()).AsTask());
            Assert.Equal(ErrorId.EngineUnavailable, failure.Id);
            Assert.Contains("sh: docker: not found", failure.Message, StringComparison.Ordinal);
        }
    }

    private sealed class FailedProcess : INodeProcess
    {
        public Stream Input { get; } = new DeafStream(Stream.Null) { IsDeaf = true };

        public Stream Output => Stream.Null;

        public Stream Error { get; } = new MemoryStream("sh: docker: not found"u8.ToArray());

        public Task<int> WaitAsync(CancellationToken cancellationToken) => Task.FromResult(127);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class SlowProcess : INodeProcess
    {
        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Disposals { get; private set; }

        public Stream Input => Stream.Null;

        public Stream Output => Stream.Null;

        public Stream Error => Stream.Null;

        public Task<int> WaitAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public async ValueTask DisposeAsync()
        {
            Disposals++;
            await End.Task;
        }
    }
}
