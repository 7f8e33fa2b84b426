using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PisaHpc.Unit.Commands;

/// <summary>
/// An engine behind a unix socket of this machine, and a site definition that leads to it: for what a cmdlet says of its answers. It holds
/// one image, and lists the containers that a test gives it, whatever labels are asked for.
/// </summary>
internal sealed class SocketEngine : IDisposable
{
    private const string Version = """{"Version":"28.0.0","ApiVersion":"1.48","MinAPIVersion":"1.24"}""";

    private const string Image =
        """[{"Id":"sha256:0123","RepoTags":["pisa/hpc:deb12"],"RepoDigests":[],"Created":1700000000,"Size":1,"Labels":{}}]""";

    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-engine-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _closing = new();

    public SocketEngine()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        File.WriteAllText(Site, $"nodes:\n  names: localhost\n  engineSocket: {Path}\n  ssh: {{ client: local }}\n"
            + "environments:\n  debian12: { image: registry.lab:5000/pisa/wanted:1 }\n");
        _ = AcceptAsync();
    }

    public string Path => System.IO.Path.Combine(_directory, "engine.sock");

    public string Site => System.IO.Path.Combine(_directory, "site.yaml");

    /// <summary>The containers that it lists: each one's name and its labels.</summary>
    public Dictionary<string, Dictionary<string, string>> Containers { get; } = [];

    /// <summary>What a container's inspection waits for; nothing where it is not named.</summary>
    public ConcurrentDictionary<string, Task> Held { get; } = new();

    /// <summary>Told of each container when its inspection was answered.</summary>
    public Action<string> Inspected { get; set; } = _ => { };

    /// <summary>The requests that came, method and path.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public void Dispose()
    {
        _closing.Cancel();
        _closing.Dispose();
        _listener.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(new NetworkStream(await _listener.AcceptAsync(_closing.Token), ownsSocket: true));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(NetworkStream client)
    {
        await using var stream = client;
        using var reader = new StreamReader(stream, Encoding.ASCII);
        while (await reader.ReadLineAsync(_closing.Token) is { } request)
        {
            Requests.Enqueue(request);
            while (await reader.ReadLineAsync(_closing.Token) is { Length: > 0 })
            {
            }

            var path = request.Split(' ')[1].Split('?')[0];
            var container = Containers.Keys.SingleOrDefault(name => path.EndsWith($"/containers/{name}/json", StringComparison.Ordinal));
            if (container is not null && Held.TryGetValue(container, out var held))
            {
                await held;
            }

            var (status, body) = container is null ? AnswerTo(path) : ("200 OK", InspectionOf(container));
            var answer = $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _closing.Token);
            if (container is not null)
            {
                Inspected(container);
            }
        }
    }

    private string ListOfContainers() => JsonSerializer.Serialize(Containers.Select(container => new
    {
        Id = container.Key,
        Names = new[] { "/" + container.Key },
        Image = "registry.lab:5000/pisa/hpc:deb12",
        State = "running",
        Created = 1_700_000_000,
        Labels = container.Value,
    }));

    private string InspectionOf(string name) => JsonSerializer.Serialize(new
    {
        Id = name,
        Name = "/" + name,
        Image = "sha256:0123",
        Created = "2026-01-01T00:00:00Z",
        State = new { Status = "running", Running = true, StartedAt = "2026-01-01T00:00:00Z" },
        Config = new { Image = "registry.lab:5000/pisa/hpc:deb12", Labels = Containers[name] },
        HostConfig = new { Privileged = true },
    });

    private (string Status, string Body) AnswerTo(string path) => path switch
    {
        _ when path.EndsWith("/version", StringComparison.Ordinal) => ("200 OK", Version),
        _ when path.EndsWith("/containers/json", StringComparison.Ordinal) => ("200 OK", ListOfContainers()),
        _ when path.EndsWith("/images/json", StringComparison.Ordinal) => ("200 OK", Image),
        _ => ("404 Not Found", """{"message":"No such image: it holds one alone"}"""),
    };
}
