using System.Runtime.CompilerServices;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>Reads a container's log from the engine.</summary>
internal static class ContainerLog
{
    /// <summary>Reads the lines as they come.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.ContainerNotFound"/> or the connection's own ids.</exception>
    public static async IAsyncEnumerable<EngineLogLine> ReadAsync(
        EngineClient client, string id, int? tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var frames = await OpenAsync(client, id, tail, follow, cancellationToken);
        var lines = new LogLines(frames.Multiplexed);
        while (await NextAsync(frames, client.Node, cancellationToken) is { } frame)
        {
            foreach (var line in lines.Add(frame))
            {
                yield return line;
            }
        }

        foreach (var line in lines.Rest())
        {
            yield return line;
        }
    }

    private static async Task<LogFrames> OpenAsync(
        EngineClient client, string id, int? tail, bool follow, CancellationToken cancellationToken)
    {
        try
        {
            var container = await client.Requests.Containers.InspectContainerAsync(id, cancellationToken);
            var last = tail is { } count ? count.ToString(System.Globalization.CultureInfo.InvariantCulture) : "all";
            var path = $"containers/{container.ID}/logs?stdout=1&stderr=1&timestamps=1&tail={last}&follow={(follow ? 1 : 0)}";
            var answer = await client.Streams.GetAsync(
                new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (await EngineFailure.RefusalAsync(answer, cancellationToken) is not { } refusal)
            {
                return new LogFrames(await answer.Content.ReadAsStreamAsync(cancellationToken), multiplexed: container.Config?.Tty != true);
            }

            using (answer)
            {
                throw EngineFailure.OfAnswer(answer.StatusCode, refusal, client.Node);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw EngineFailure.Of(exception, client.Node);
        }
    }

    private static async Task<LogFrame?> NextAsync(LogFrames frames, string node, CancellationToken cancellationToken)
    {
        try
        {
            return await frames.NextAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A cancelled read of a followed log may surface as a broken stream.
            cancellationToken.ThrowIfCancellationRequested();
            throw EngineFailure.Of(exception, node);
        }
    }
}
