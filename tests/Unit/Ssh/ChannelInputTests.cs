using System.Threading.Channels;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Nodes;
using Renci.SshNet.Common;

namespace PisaHpc.Unit.Ssh;

public sealed class ChannelInputTests
{
    public static TheoryData<Exception> Gone { get; } =
        new(new SshConnectionException("Client not connected."), new ObjectDisposedException("Renci.SshNet.Common.ChannelInputStream"));

    [Theory]
    [MemberData(nameof(Gone))]
    public async Task What_goes_to_a_connection_that_is_gone_fails_as_on_a_closed_pipe(Exception told)
    {
        await using var input = new ChannelInput(new GoneStream(told), null, new TaskCompletionSource().Task);
        var failure = await Assert.ThrowsAsync<IOException>(() => input.WriteAsync("GET /"u8.ToArray()).AsTask());
        Assert.Equal(told.Message, failure.Message);
        await Assert.ThrowsAsync<IOException>(() => input.FlushAsync());
    }

    [Fact]
    public async Task The_input_ends_with_its_command_and_takes_no_more()
    {
        var ended = new TaskCompletionSource();
        var inner = new SlowStream();
        await using var input = new ChannelInput(inner, ended.Task, new TaskCompletionSource().Task);
        var writing = input.WriteAsync(new byte[100_000]).AsTask();
        await inner.Messages.Reader.ReadAsync();
        ended.SetResult();
        Assert.False(inner.End.IsCompleted);
        inner.Taken.Release();
        await Assert.ThrowsAsync<IOException>(() => writing);
        await inner.End;
        await Assert.ThrowsAsync<IOException>(() => input.WriteAsync(new byte[1]).AsTask());
        Assert.False(inner.Messages.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_write_goes_in_messages_that_the_node_takes_one_at_a_time()
    {
        var inner = new SlowStream();
        inner.Taken.Release(4);
        await using var input = new ChannelInput(inner, null, new TaskCompletionSource().Task);
        await input.WriteAsync(new byte[100_000]);
        inner.Messages.Writer.Complete();
        Assert.Equal([32768, 32768, 32768, 1696], await inner.Messages.Reader.ReadAllAsync().ToListAsync());
    }

    [Fact]
    public async Task A_write_that_the_node_does_not_take_fails_when_the_channel_is_gone()
    {
        var closed = new TaskCompletionSource();
        var inner = new SlowStream();
        await using var input = new ChannelInput(inner, null, closed.Task);
        var writing = input.WriteAsync(new byte[10]).AsTask();
        await inner.Messages.Reader.ReadAsync();
        closed.SetResult();
        await Assert.ThrowsAsync<IOException>(() => writing);
    }

    /// <summary>Takes a message when it is told to.</summary>
    private sealed class SlowStream : UnseekableStream
    {
        private readonly TaskCompletionSource _end = new();

        public Channel<int> Messages { get; } = Channel.CreateUnbounded<int>();

        public SemaphoreSlim Taken { get; } = new(0);

        public Task End => _end.Task;

        public override bool CanWrite => true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Messages.Writer.TryWrite(buffer.Length);
            await Taken.WaitAsync(cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            _end.TrySetResult();
            base.Dispose(disposing);
        }
    }

    private sealed class GoneStream(Exception told) : UnseekableStream
    {
        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw told;

        public override Task FlushAsync(CancellationToken cancellationToken) => throw told;
    }
}
