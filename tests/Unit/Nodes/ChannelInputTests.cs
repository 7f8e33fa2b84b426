using PisaHpc.Nodes;
using PisaHpc.Ssh;
using Renci.SshNet.Common;

namespace PisaHpc.Unit.Nodes;

public sealed class ChannelInputTests
{
    [Fact]
    public async Task A_write_to_a_connection_that_is_gone_fails_as_a_stream_does()
    {
        await using var input = new ChannelInput(new GoneStream(), new TaskCompletionSource().Task);
        var failure = await Assert.ThrowsAsync<IOException>(() => input.WriteAsync("GET /"u8.ToArray()).AsTask());
        Assert.Equal("Client not connected.", failure.Message);
    }

    private sealed class GoneStream : UnseekableStream
    {
        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new SshConnectionException("Client not connected.");
    }
}
