using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>What happens to an engine's containers (Docker Engine API, "Monitor events").</summary>
internal static class ContainerEvents
{
    private static readonly Dictionary<string, ContainerEventKind> Kinds = new(StringComparer.Ordinal)
    {
        ["create"] = ContainerEventKind.Created,
        ["start"] = ContainerEventKind.Started,
        ["oom"] = ContainerEventKind.OutOfMemory,
        ["die"] = ContainerEventKind.Died,
        ["update"] = ContainerEventKind.Updated,
        ["rename"] = ContainerEventKind.Renamed,
        ["pause"] = ContainerEventKind.Paused,
        ["unpause"] = ContainerEventKind.Unpaused,
        ["destroy"] = ContainerEventKind.Destroyed,
    };

    /// <summary>What an event says beside the container's labels, in the same dictionary.</summary>
    private static readonly HashSet<string> Attributes =
        new(["name", "image", "exitCode", "execDuration", "oldName"], StringComparer.Ordinal);

    /// <summary>Reads events as they come.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineUnavailable"/>: the engine went.</exception>
    public static async IAsyncEnumerable<ContainerEvent> ReadAsync(
        EngineClient client,
        DateTimeOffset? since,
        IReadOnlyDictionary<string, string?> labels,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = await client.AskAsync(() => OpenAsync(client, since, labels, cancellationToken), cancellationToken);
        while (true)
        {
            if (await client.AskAsync(() => NextAsync(reader, cancellationToken), cancellationToken) is { } told)
            {
                yield return told;
            }
        }
    }

    private static async Task<StreamReader> OpenAsync(
        EngineClient client, DateTimeOffset? since, IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken)
    {
        var filters = new Dictionary<string, string[]>
        {
            ["type"] = ["container"],
            ["event"] = [.. Kinds.Keys],
            ["label"] = [.. labels.Select(label => label.Value is null ? label.Key : $"{label.Key}={label.Value}")],
        };
        var query = Uri.EscapeDataString(JsonSerializer.Serialize(filters, ContainerEventsJson.Default.DictionaryStringStringArray));
        var path = $"events?filters={query}{(since is { } time ? $"&since={SecondsOf(time)}" : "")}";
        var answer = await client.Streams.GetAsync(
            new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (await EngineFailure.RefusalAsync(answer, cancellationToken) is not { } refusal)
        {
            return new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        }

        using (answer)
        {
            throw EngineFailure.OfAnswer(answer.StatusCode, refusal, client.Node);
        }
    }

    /// <summary>The next event; null for one of a kind that nobody asks for.</summary>
    private static async Task<ContainerEvent?> NextAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        string? line;
        try
        {
            line = await reader.ReadLineAsync(cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // A cancelled read may surface as a broken stream.
            throw new OperationCanceledException(cancellationToken);
        }

        var message = JsonSerializer.Deserialize(
            line ?? throw new EndOfStreamException("its stream of events ended"), ContainerEventsJson.Default.Message);
        return message is { Actor: { } container, Action: { } action } && Kinds.TryGetValue(action, out var kind)
            ? Of(message, kind, container)
            : null;
    }

    private static ContainerEvent Of(Message message, ContainerEventKind kind, Actor container)
    {
        var told = container.Attributes ?? new Dictionary<string, string>();
        return new ContainerEvent(
            DateTimeOffset.UnixEpoch.AddTicks((message.TimeNano ?? 0) / TimeSpan.NanosecondsPerTick),
            kind,
            container.ID,
            told.TryGetValue("name", out var name) ? name : "",
            kind == ContainerEventKind.Died && told.TryGetValue("exitCode", out var code)
                ? int.Parse(code, CultureInfo.InvariantCulture)
                : null,
            told.Where(label => !Attributes.Contains(label.Key)).ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>A moment as the engine reads it: seconds since 1970, with a fraction.</summary>
    internal static string SecondsOf(DateTimeOffset time)
    {
        var ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond:0000000}");
    }
}

/// <summary>The form of filters and events, known when it is compiled.</summary>
[JsonSerializable(typeof(Dictionary<string, string[]>))]
[JsonSerializable(typeof(Message))]
internal sealed partial class ContainerEventsJson : JsonSerializerContext;
