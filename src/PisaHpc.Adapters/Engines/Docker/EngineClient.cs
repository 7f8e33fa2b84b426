using System.Net.Http.Json;
using System.Text.Json.Serialization;
using Docker.DotNet;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>The clients of one node's engine, with the API version that both sides speak.</summary>
internal sealed class EngineClient : IDisposable
{
    /// <summary>The oldest API that is spoken: Docker 19.03. Debian 12's engine speaks 1.41.</summary>
    private static readonly Version Oldest = new(1, 40);

    /// <summary>The API that Docker.DotNet.Enhanced 4.3 was generated from.</summary>
    private static readonly Version Newest = new(1, 54);

    private static readonly TimeSpan MakingLimit = TimeSpan.FromSeconds(5);

    private readonly EngineHandlers _handlers;

    private readonly OpenEngineStream _open;

    private EngineClient(string node, OpenEngineStream open, EngineHandlers handlers, EngineInfo info)
    {
        Node = node;
        Info = info;
        _open = open;
        _handlers = handlers;
        Requests = ClientOf(handlers.Short, info);
        Answers = ClientOf(handlers.Long, info);
        Streams = StreamsOf(handlers.Long, disposeHandler: false);
    }

    public string Node { get; }

    public EngineInfo Info { get; }

    /// <summary>For requests that are answered at once.</summary>
    public DockerClient Requests { get; }

    /// <summary>For requests whose answer is a stream of messages, or waits for somebody else.</summary>
    public DockerClient Answers { get; }

    /// <summary>For requests whose answer is a stream of bytes, or that the library does not know.</summary>
    public HttpClient Streams { get; }

    /// <summary>Asks the engine for its version and agrees on one.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineUnavailable"/>, <see cref="ErrorId.EngineTooOld"/>, or the connection's own.
    /// </exception>
    public static async Task<EngineClient> OpenAsync(
        string node, OpenEngineStream open, TimeSpan idleTimeout, CancellationToken cancellationToken)
    {
        var handlers = new EngineHandlers(node, open, idleTimeout);
        try
        {
            using var client = new HttpClient(handlers.Short, disposeHandler: false) { BaseAddress = EngineHandlers.Address };
            var version = await client.GetFromJsonAsync("version", VersionAnswerJson.Default.VersionAnswer, cancellationToken)
                ?? throw new HttpRequestException("The answer to a request for its version is empty.");
            return new EngineClient(node, open, handlers, Agree(node, version));
        }
        catch (Exception exception)
        {
            handlers.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw EngineFailure.Of(exception, node);
        }
    }

    /// <summary>The newest API version that both sides speak.</summary>
    public static EngineInfo Agree(string node, VersionAnswer answer)
    {
        if (!System.Version.TryParse(answer.ApiVersion, out var theirs))
        {
            throw new HpcException(
                ErrorId.EngineUnavailable, $"The engine on {node} gives {Quote.Of(answer.ApiVersion)} as its API version.", node);
        }

        if (theirs < Oldest)
        {
            throw new HpcException(
                ErrorId.EngineTooOld,
                $"The engine {answer.Version} on {node} speaks API {theirs}; the oldest that is spoken here is {Oldest}.",
                node);
        }

        if (System.Version.TryParse(answer.MinApiVersion, out var least) && least > Newest)
        {
            throw new HpcException(
                ErrorId.EngineTooOld,
                $"The engine {answer.Version} on {node} speaks no API older than {least}; the newest that is spoken here is {Newest}.",
                node,
                "Update this module.");
        }

        return new EngineInfo(answer.Version, (theirs < Newest ? theirs : Newest).ToString());
    }

    public void Dispose()
    {
        Streams.Dispose();
        Requests.Dispose();
        Answers.Dispose();
        _handlers.Dispose();
    }

    /// <summary>Sends a request; what goes wrong has the module's error ids.</summary>
    public async Task<T> AskAsync<T>(Func<Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw EngineFailure.Of(exception, Node);
        }
    }

    /// <summary>The same for a request without an answer.</summary>
    public async Task AskAsync(Func<Task> request, CancellationToken cancellationToken) => await AskAsync(
        async () =>
        {
            await request();
            return true;
        },
        cancellationToken);

    /// <summary>
    /// Waits for what the engine makes. It goes on making when its client leaves: so it is waited for after a cancellation too, for at
    /// most five seconds, and taken back; if it takes longer, it is taken back when it has come, as long as this process lives.
    /// </summary>
    /// <param name="making">The request, which no cancellation ends.</param>
    /// <param name="takeBack">Takes back what was made.</param>
    public static async Task<T> MadeAsync<T>(Task<T> making, Func<T, Task> takeBack, CancellationToken cancellationToken)
    {
        try
        {
            return await making.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAny(TakeBackAsync(), Task.Delay(MakingLimit, CancellationToken.None));
            throw;
        }

        async Task TakeBackAsync()
        {
            try
            {
                await takeBack(await making);
            }
            catch (HpcException)
            {
                // Nothing was made, or the engine is gone: there is nothing to take back, or no way to it.
            }
        }
    }

    /// <summary>A stream to the engine that no other request uses.</summary>
    public Task<Stream> OpenStreamAsync(CancellationToken cancellationToken) => _open(cancellationToken);

    /// <summary>A client for one request over such a stream; it disposes of both.</summary>
    public HttpClient Over(Stream stream) => StreamsOf(EngineHandlers.Over(Node, stream), disposeHandler: true);

    private HttpClient StreamsOf(HttpMessageHandler handler, bool disposeHandler) => new(handler, disposeHandler)
    {
        BaseAddress = new Uri(EngineHandlers.Address, $"v{Info.ApiVersion}/"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static DockerClient ClientOf(HttpMessageHandler handler, EngineInfo info) => new DockerClientBuilder()
        .WithEndpoint(EngineHandlers.Address)
        .WithApiVersion(new Version(info.ApiVersion))
        .WithTimeout(Timeout.InfiniteTimeSpan)
        .WithTransportOptions(EngineHandlerFactory.Instance, handler)
        .Build();
}

/// <summary>The part of the engine's version that matters here.</summary>
internal sealed record VersionAnswer(
    [property: JsonPropertyName("Version")] string Version,
    [property: JsonPropertyName("ApiVersion")] string ApiVersion,
    [property: JsonPropertyName("MinAPIVersion")] string? MinApiVersion);

/// <summary>The answer's form, known when it is compiled.</summary>
[JsonSerializable(typeof(VersionAnswer))]
internal sealed partial class VersionAnswerJson : JsonSerializerContext;
