using Docker.DotNet.Handler.Abstractions;
using Microsoft.Extensions.Logging;

namespace PisaHpc.Adapters.Engines.Docker;

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
