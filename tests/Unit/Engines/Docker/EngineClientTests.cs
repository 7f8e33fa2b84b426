using System.Net;
using System.Net.Sockets;
using System.Text;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

public class EngineClientTests
{
    private static readonly TimeSpan NotIdle = TimeSpan.FromHours(1);

    [Theory]
    [InlineData("1.40", "1.12", "1.40")]
    [InlineData("1.41", "1.12", "1.41")]
    [InlineData("1.54", "1.44", "1.54")]
    [InlineData("1.60", "1.44", "1.54")]
    public void The_newest_version_that_both_speak_is_agreed_on(string theirs, string least, string agreed) =>
        Assert.Equal(agreed, EngineClient.Agree("n1", new VersionAnswer("20.10", theirs, least)).ApiVersion);

    [Theory]
    [InlineData("1.39", "1.12", ErrorId.EngineTooOld)]
    [InlineData("1.9", "1.1", ErrorId.EngineTooOld)]
    [InlineData("1.70", "1.55", ErrorId.EngineTooOld)]
    [InlineData("", null, ErrorId.EngineUnavailable)]
    public void Engines_that_share_no_version_are_refused(string theirs, string? least, ErrorId id) => Assert.Equal(
        id, Assert.Throws<HpcException>(() => EngineClient.Agree("n1", new VersionAnswer("x", theirs, least))).Id);

    [Fact]
    public async Task Requests_share_one_kept_stream()
    {
        await using var engine = new ScriptedEngine();
        using var client = await EngineClient.OpenAsync("n1", engine.OpenAsync, NotIdle, CancellationToken.None);
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(await new DockerEngine(client).FindAsync("none", CancellationToken.None));
        }

        Assert.Equal(1, engine.Opened);
        Assert.Equal(6, engine.Requests.Count);
        Assert.Equal("GET /v1.41/containers/none/json HTTP/1.1", engine.Requests.Last());
    }

    [Fact]
    public async Task A_kept_stream_that_takes_no_request_any_more_is_replaced()
    {
        await using var engine = new ScriptedEngine();
        var streams = new List<DeafStream>();
        using var client = await EngineClient.OpenAsync(
            "n1",
            async stopping =>
            {
                streams.Add(new DeafStream(await engine.OpenAsync(stopping)));
                return streams[^1];
            },
            NotIdle,
            CancellationToken.None);
        streams.Single().IsDeaf = true;
        Assert.Null(await new DockerEngine(client).FindAsync("none", CancellationToken.None));
        Assert.Equal(2, streams.Count);
    }

    [Fact]
    public async Task A_stop_waits_for_no_end_of_a_followed_log()
    {
        await using var engine = new ScriptedEngine();
        using var client = await EngineClient.OpenAsync("n1", engine.OpenAsync, NotIdle, CancellationToken.None);
        using var leaving = new CancellationTokenSource();
        var log = new Uri("followed", UriKind.Relative);
        var logs = Enumerable.Range(0, 40).Select(_ => client.Streams.GetAsync(log, leaving.Token)).ToArray();
        var stopping = new DockerEngine(client).StopAsync("none", TimeSpan.Zero, CancellationToken.None);
        Assert.False(await stopping.WaitAsync(TimeSpan.FromSeconds(30)));
        await leaving.CancelAsync();
        Assert.All(logs, followed => Assert.False(followed.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task A_stream_that_cannot_be_opened_is_the_connection_s_failure()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => EngineClient.OpenAsync(
            "n1", _ => throw new HpcException(ErrorId.NodeUnreachable, "gone", "n1"), NotIdle, CancellationToken.None));
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);
    }

    [Fact]
    public async Task A_stream_that_ends_without_an_answer_is_an_engine_that_is_not_there()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => EngineClient.OpenAsync(
            "n1", _ => Task.FromResult<Stream>(new ClosedStream()), NotIdle, CancellationToken.None));
        Assert.Equal(ErrorId.EngineUnavailable, failure.Id);
    }

    private sealed class ClosedStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.CompletedTask;
    }

    /// <summary>An engine on a socket pair that knows its version and no container.</summary>
    private sealed class ScriptedEngine : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _closing = new();

        public ScriptedEngine() => _listener.Start();

        public int Opened { get; private set; }

        public List<string> Requests { get; } = [];

        public async Task<Stream> OpenAsync(CancellationToken cancellationToken)
        {
            Opened++;
            var client = new TcpClient();
            await client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, cancellationToken);
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(cancellationToken));
            return client.GetStream();
        }

        public async ValueTask DisposeAsync()
        {
            await _closing.CancelAsync();
            _listener.Dispose();
        }

        private async Task ServeAsync(TcpClient client)
        {
            using var reader = new StreamReader(client.GetStream());
            while (await reader.ReadLineAsync(_closing.Token) is { } request)
            {
                lock (Requests)
                {
                    Requests.Add(request);
                }

                while (await reader.ReadLineAsync(_closing.Token) is not ("" or null))
                {
                }

                if (request.Contains("/followed ", StringComparison.Ordinal))
                {
                    await Task.Delay(Timeout.Infinite, _closing.Token);
                }

                var (status, body) = request.Contains(" /version ", StringComparison.Ordinal)
                    ? ("200 OK", """{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}""")
                    : ("404 Not Found", """{"message":"No such container: none"}""");
                await client.GetStream().WriteAsync(
                    Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"),
                    _closing.Token);
            }
        }
    }
}
