using Docker.DotNet.Handler.Abstractions;
using Microsoft.Extensions.Logging;
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

    public EngineHandlers(string node, OpenEngineStream open, TimeSpan idleTimeout)
    {
        Short = new IdempotentRetry(new TracedRequests(node, Handler(open, idleTimeout, ShortRequests)));
        Long = new IdempotentRetry(new TracedRequests(node, Handler(open, idleTimeout, int.MaxValue)));
    }

    /// <summary>For requests that are answered at once.</summary>
    public HttpMessageHandler Short { get; }

    /// <summary>For requests whose answer is a stream. However many logs are followed, a stop does not wait for the end of one.</summary>
    public HttpMessageHandler Long { get; }

    /// <summary>For one request over one stream.</summary>
    public static HttpMessageHandler Over(string node, Stream stream) =>
        new TracedRequests(node, Handler(_ => Task.FromResult(stream), TimeSpan.Zero, most: 1));

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

/// <summary>Gives Docker.DotNet a handler that is ours.</summary>
internal sealed class EngineHandlerFactory : IDockerHandlerFactory<HttpMessageHandler>
{
    public static readonly EngineHandlerFactory Instance = new();

    private EngineHandlerFactory()
    {
    }

    public ResolvedTransport CreateHandler(ResolvedClientOptions clientOptions, ILogger logger) =>
        throw new NotSupportedException("The engine's handler is always given.");

    public ResolvedTransport CreateHandler(HttpMessageHandler transportOptions, ResolvedClientOptions clientOptions, ILogger logger) =>
        new(transportOptions, EngineHandlers.Address);

    public Task<WriteClosableStream> HijackStreamAsync(HttpContent content) =>
        throw new NotSupportedException("No request of this module takes over its stream.");
}

/// <summary>
/// Sends a request again when the kept stream that it took had just come to its end. The platform's client does so only when it reads the
/// end, not when its write finds it first (dotnet/runtime, HttpConnection.SendAsync). Only requests that may be answered twice are repeated
/// (RFC 9110, section 9.2.2). A stream that cannot be opened is no such end: that failure is wrapped by the client.
/// </summary>
internal sealed class IdempotentRetry(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>As often as the platform's client does: each kept stream may have had the same end.</summary>
    private const int Repeats = 3;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var left = Repeats; ; left--)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (Exception exception) when (left > 0 && MayRepeat(request) && IsEndOfStream(exception))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static bool MayRepeat(HttpRequestMessage request) =>
        request.Content is null && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Delete);

    private static bool IsEndOfStream(Exception exception) =>
        exception is HttpRequestException { InnerException: IOException } or HpcException { Id: ErrorId.NodeUnreachable };
}
