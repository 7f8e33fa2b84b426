using PisaHpc.Tracing;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// The HTTP side of an engine: the platform's own client over streams that we open, so that requests share kept-alive streams. Answers that
/// go on for long (logs, pulls) have streams of their own, or they would hold those of short requests.
/// </summary>
internal sealed class EngineHandlers : IDisposable
{
    /// <summary>The address in requests; the stream alone says where they go.</summary>
    public static readonly Uri Address = new("http://engine/");

    private const int ShortRequests = 4;

    public EngineHandlers(OpenEngineStream open, TimeSpan idleTimeout)
    {
        Short = new IdempotentRetry(Handler(open, idleTimeout, ShortRequests));
        Long = new IdempotentRetry(Handler(open, idleTimeout, int.MaxValue));
    }

    /// <summary>For requests that are answered at once.</summary>
    public HttpMessageHandler Short { get; }

    /// <summary>For requests whose answer is a stream. However many logs are followed, a stop does not wait for the end of one.</summary>
    public HttpMessageHandler Long { get; }

    /// <summary>For one request over one stream.</summary>
    public static HttpMessageHandler Over(Stream stream) => Handler(_ => Task.FromResult(stream), TimeSpan.Zero, most: 1);

    public void Dispose()
    {
        Short.Dispose();
        Long.Dispose();
    }

    private static SocketsHttpHandler Handler(OpenEngineStream open, TimeSpan idleTimeout, int most) => new()
    {
        ConnectCallback = async (_, cancellationToken) => await Detached.RunAsync(() => open(cancellationToken)),
        MaxConnectionsPerServer = most,

        // A node's engine is told nothing of its caller's trace and baggage.
        ActivityHeadersPropagator = null,
        PooledConnectionIdleTimeout = idleTimeout,
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
    };
}

/// <summary>Opens a byte stream to an engine.</summary>
internal delegate Task<Stream> OpenEngineStream(CancellationToken cancellationToken);
