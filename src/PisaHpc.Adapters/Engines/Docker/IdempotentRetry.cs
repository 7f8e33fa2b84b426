namespace PisaHpc.Adapters.Engines.Docker;

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
