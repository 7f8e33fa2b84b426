using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PisaHpc.Integration.Images;

/// <summary>One request, as the registry logged it when it had answered.</summary>
/// <param name="Client">The client's address.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path.</param>
/// <param name="Start">When it came.</param>
/// <param name="End">When it was answered.</param>
/// <param name="Bytes">How much was sent.</param>
public sealed record RegistryRequest(string Client, string Method, string Path, DateTimeOffset Start, DateTimeOffset End, long Bytes);

/// <summary>What a registry served, to whom and when, from its own log.</summary>
/// <param name="Requests">The requests, in the order in which they were answered.</param>
public sealed partial record RegistryLog(IReadOnlyList<RegistryRequest> Requests)
{
    /// <summary>Reads a log of lines of JSON.</summary>
    public static RegistryLog Parse(IEnumerable<string> lines) =>
        new([.. lines.Where(line => line.Contains("response completed", StringComparison.Ordinal) && line.EndsWith('}')).Select(RequestOf)]);

    /// <summary>The requests for one repository.</summary>
    public RegistryLog Of(string repository) => new([.. Requests.Where(request => request.Path.Contains($"/{repository}/", StringComparison.Ordinal))]);

    /// <summary>The requests for layers: what pulls are made of. A question for the digest behind a tag takes manifests and the small configuration.</summary>
    public RegistryLog Layers => new([.. Requests.Where(IsLayer)]);

    /// <summary>The requests that came from a moment on.</summary>
    public RegistryLog Since(DateTimeOffset start) => new([.. Requests.Where(request => request.Start >= start)]);

    /// <summary>The clients.</summary>
    public IReadOnlyList<string> Clients => [.. Requests.Select(request => request.Client).Distinct()];

    /// <summary>The greatest number of clients that were being served at one moment, each from its first request to its last answer.</summary>
    public int MostClientsAtATime()
    {
        var visits = Requests.GroupBy(request => request.Client)
            .Select(visit => (First: visit.Min(request => request.Start), Last: visit.Max(request => request.End))).ToList();
        return visits.Count == 0 ? 0 : visits.Max(visit => visits.Count(other => other.First <= visit.First && other.Last >= visit.First));
    }

    /// <summary>The tests' layers are random megabytes, which no compression makes small.</summary>
    private static bool IsLayer(RegistryRequest request) =>
        request is { Method: "GET", Bytes: > 100_000 } && request.Path.Contains("/blobs/", StringComparison.Ordinal);

    private static RegistryRequest RequestOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        string Field(string name) => json.RootElement.GetProperty(name).GetString()!;
        var end = DateTimeOffset.Parse(Field("time"), CultureInfo.InvariantCulture);
        return new RegistryRequest(
            Field("http.request.remoteaddr").Split(':')[0],
            Field("http.request.method"),
            Field("http.request.uri"),
            end - DurationOf(Field("http.response.duration")),
            end,
            json.RootElement.GetProperty("http.response.written").GetInt64());
    }

    /// <summary>Go's way to write a duration: 1m2.5s, 65.52ms, 120.3µs.</summary>
    private static TimeSpan DurationOf(string text) => TimeSpan.FromSeconds(Durations().Matches(text).Sum(part =>
        double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * part.Groups[2].Value switch
        {
            "h" => 3600,
            "m" => 60,
            "s" => 1,
            "ms" => 1e-3,
            "ns" => 1e-9,
            _ => 1e-6,
        }));

    [GeneratedRegex(@"([0-9.]+)(h|ms|m|s|ns|µs|μs)")]
    private static partial Regex Durations();
}
