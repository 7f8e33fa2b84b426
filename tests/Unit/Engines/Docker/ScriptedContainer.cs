using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>An engine with a container in which a test says what commands do: the watched, what watches it, and what ends it.</summary>
internal sealed class ScriptedContainer : IDisposable
{
    private const string Version = """{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, string> _scripts = [];
    private readonly StringBuilder _heard = new();
    private readonly TaskCompletionSource<string> _lifelineEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream? _command;
    private Stream? _watcher;
    private int? _exitCode;

    public ScriptedContainer() => _listener.Start();

    /// <summary>What the watcher says when its life line ends; null: nothing, and it goes on.</summary>
    public string? LastWords { get; set; }

    /// <summary>What a further command says that is to end the first; null: the engine does not run it.</summary>
    public string? EndingWords { get; set; }

    /// <summary>The scripts that were started, and with what variables beside their marks.</summary>
    public ConcurrentQueue<(string Script, string[] Variables)> Created { get; } = [];

    /// <summary>All that the watcher was told, when its life line has ended.</summary>
    public Task<string> LifelineEnd => _lifelineEnd.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public async Task<EngineClient> ConnectAsync() =>
        await EngineClient.OpenAsync("n1", OpenAsync, TimeSpan.FromHours(1), CancellationToken.None);

    /// <summary>The command ends.</summary>
    public async Task EndCommandAsync(int code)
    {
        _exitCode = code;
        await _command!.DisposeAsync();
    }

    /// <summary>Somebody kills the watcher.</summary>
    public async Task KillWatcherAsync() => await _watcher!.DisposeAsync();

    public void Dispose() => _listener.Dispose();

    private async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, cancellationToken);
        _ = ServeAsync(await _listener.AcceptTcpClientAsync(cancellationToken));
        return client.GetStream();
    }

    private async Task ServeAsync(TcpClient client)
    {
        var stream = client.GetStream();
        while (await LineAsync(stream) is { Length: > 0 } request)
        {
            var body = await BodyAsync(stream);
            var path = request.Split(' ')[1];
            if (path.EndsWith("/start", StringComparison.Ordinal))
            {
                await StreamAsync(stream, _scripts[path.Split('/')[^2]]);
                return;
            }

            var (status, answer) = path.EndsWith("/exec", StringComparison.Ordinal) ? Create(body)
                : path.Contains("/containers/", StringComparison.Ordinal) ? ("200 OK", """{"Config":{"Env":["PATH=/evil","BASH_FUNC_id%%=() { evil; }"]}}""")
                : path.Contains("/exec/", StringComparison.Ordinal) ? ("200 OK", State())
                : ("200 OK", Version);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}"));
        }
    }

    private string State() => _exitCode is { } code
        ? string.Create(CultureInfo.InvariantCulture, $$"""{"Running":false,"ExitCode":{{code}}}""")
        : """{"Running":true,"ExitCode":null}""";

    private (string Status, string Answer) Create(string body)
    {
        using var json = JsonDocument.Parse(body);
        var script = Path.GetFileNameWithoutExtension(json.RootElement.GetProperty("Cmd")[3].GetString())!;
        var variables = json.RootElement.TryGetProperty("Env", out var env) && env.ValueKind == JsonValueKind.Array
            ? env.EnumerateArray().Select(variable => variable.GetString()!).Where(variable => !variable.StartsWith(ExecutionScripts.Mark, StringComparison.Ordinal))
            : [];
        Created.Enqueue((script, [.. variables]));
        if (script == "end-execution" && EndingWords is null)
        {
            return ("500 Internal Server Error", """{"message":"no process can be made"}""");
        }

        var id = Created.Count.ToString(CultureInfo.InvariantCulture);
        _scripts[id] = script;
        return ("201 Created", $$"""{"Id":"{{id}}"}""");
    }

    private async Task StreamAsync(NetworkStream stream, string script)
    {
        await stream.WriteAsync("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"u8.ToArray());
        switch (script)
        {
            case "begin-execution":
                _command = stream;
                await SayAsync(stream, "pisahpc-execution 77 (sh) S 1 77 77 0 -1 1 2 3 4 5 6 7 8 9 20 0 1 0 4711 x\n");
                break;
            case "watch-execution":
                _watcher = stream;
                await SayAsync(stream, ExecutionScripts.Watching);
                await WatchAsync(stream);
                break;
            default:
                await EndCommandAsync(137);
                await SayAsync(stream, EndingWords!);
                await stream.DisposeAsync();
                break;
        }
    }

    private async Task WatchAsync(NetworkStream stream)
    {
        try
        {
            while (await LineAsync(stream) is { } word)
            {
                _heard.Append(word).Append('|');
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The way to it was closed, or it was killed: its input ends in any case.
        }

        _lifelineEnd.TrySetResult(_heard.ToString());
        if (LastWords is not null && !_heard.ToString().EndsWith("done|", StringComparison.Ordinal))
        {
            await EndCommandAsync(143);
            await SayAsync(stream, LastWords);
        }

        if (LastWords is not null)
        {
            await stream.DisposeAsync();
        }
    }

    private static async Task SayAsync(Stream stream, string words)
    {
        var frame = new byte[8 + words.Length];
        frame[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), words.Length);
        Encoding.ASCII.GetBytes(words, frame.AsSpan(8));
        await stream.WriteAsync(frame);
    }

    private static async Task<string> BodyAsync(Stream stream)
    {
        var (length, chunked) = (0, false);
        while (await LineAsync(stream) is { Length: > 0 } header)
        {
            length = header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)
                ? int.Parse(header.AsSpan(15), CultureInfo.InvariantCulture) : length;
            chunked |= header.StartsWith("Transfer-Encoding:", StringComparison.OrdinalIgnoreCase);
        }

        var body = new StringBuilder();
        do
        {
            length = chunked ? int.Parse((await LineAsync(stream))!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : length;
            var piece = new byte[length + (chunked ? 2 : 0)];
            await stream.ReadExactlyAsync(piece);
            body.Append(Encoding.UTF8.GetString(piece, 0, length));
        }
        while (chunked && length > 0);
        return body.ToString();
    }

    /// <summary>A line without its end; null at the end of all.</summary>
    private static async Task<string?> LineAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            if (one[0] == '\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }

        return null;
    }
}
