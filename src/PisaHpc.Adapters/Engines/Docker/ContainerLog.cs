using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>Reads a container's log from the engine.</summary>
internal static class ContainerLog
{
    /// <summary>Reads the lines as they come.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.ContainerNotFound"/> or the connection's own ids.</exception>
    public static async IAsyncEnumerable<EngineLogLine> ReadAsync(
        EngineClient client, string id, LogPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var frames = await OpenAsync(client, id, part, cancellationToken);
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

    private static async Task<LogFrames> OpenAsync(EngineClient client, string id, LogPart part, CancellationToken cancellationToken)
    {
        try
        {
            var container = await client.Requests.Containers.InspectContainerAsync(id, cancellationToken);
            var last = part.Tail is { } count ? count.ToString(CultureInfo.InvariantCulture) : "all";
            var path = $"containers/{container.ID}/logs?stdout=1&stderr=1&timestamps=1&tail={last}&follow={(part.Follow ? 1 : 0)}"
                + (part.Since is { } since ? $"&since={ContainerEvents.SecondsOf(since)}" : "");
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

/// <summary>
/// Makes lines from the pieces of a log. Each stream is put together by itself; a line that the engine stored in pieces (longer than 16
/// KiB) carries a time before each of them, of which the first is the line's.
/// </summary>
/// <param name="whole">Whether pieces are cut where the engine cut them; a terminal's are cut anywhere.</param>
internal sealed class LogLines(bool whole)
{
    private readonly Dictionary<string, MemoryStream> _open = new(StringComparer.Ordinal);

    /// <summary>Takes a piece and gives the lines that it completes.</summary>
    public IEnumerable<EngineLogLine> Add(LogFrame frame)
    {
        var line = LineOf(frame.Stream);
        var rest = whole && line.Length > 0 ? WithoutTime(frame.Bytes) : frame.Bytes;
        while (rest.Span.IndexOf((byte)'\n') is var end && end >= 0)
        {
            line.Write(rest.Span[..end]);
            yield return Take(frame.Stream, line);
            rest = rest[(end + 1)..];
        }

        line.Write(rest.Span);
    }

    /// <summary>The last lines, which no line end completed.</summary>
    public IEnumerable<EngineLogLine> Rest() =>
        _open.Where(entry => entry.Value.Length > 0).Select(entry => Take(entry.Key, entry.Value));

    private static EngineLogLine Take(string stream, MemoryStream line)
    {
        var text = Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length).TrimEnd('\r');
        line.SetLength(0);
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var stamp = space < 0 ? text : text[..space];
        return TryTime(stamp, out var time)
            ? new EngineLogLine(stream, time, space < 0 ? "" : text[(space + 1)..])
            : new EngineLogLine(stream, DateTimeOffset.MinValue, text);
    }

    private static ReadOnlyMemory<byte> WithoutTime(ReadOnlyMemory<byte> bytes)
    {
        var space = bytes.Span.IndexOf((byte)' ');
        return space > 0 && space <= 40 && TryTime(Encoding.ASCII.GetString(bytes.Span[..space]), out _) ? bytes[(space + 1)..] : bytes;
    }

    private static bool TryTime(string text, out DateTimeOffset time)
    {
        time = default;
        return text.Length >= 20 && text[4] == '-' && text[10] == 'T'
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time);
    }

    private MemoryStream LineOf(string stream)
    {
        if (!_open.TryGetValue(stream, out var line))
        {
            _open[stream] = line = new MemoryStream();
        }

        return line;
    }
}
