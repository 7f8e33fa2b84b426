using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;

namespace PisaHpc.Unit.Reports;

/// <summary>
/// Debian's Chromium without a screen, which is told what to do as its developer tools tell it (Chrome DevTools Protocol, 1.3). It has a
/// profile of its own, which goes with it.
/// </summary>
public sealed class Chromium : IAsyncLifetime, IDisposable
{
    private const string Program = "/usr/bin/chromium";
    private const string Listening = "DevTools listening on ";

    private static readonly byte[] Close = """{"id":1,"method":"Browser.close"}"""u8.ToArray();

    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("pisahpc-chromium-");
    private readonly HttpClient _client = new();
    private Process? _process;
    private Uri? _address;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Program), $"{Program} is not there: lab/lab.sh packages installs it");
        // A test process that is killed leaves it for so long.
        string[] options =
        [
            "10m", Program,
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--remote-debugging-port=0", $"--user-data-dir={_profile.FullName}", "about:blank",
        ];
        _process = Process.Start(new ProcessStartInfo("timeout", options) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Listening, StringComparison.Ordinal))
            {
                _address = new Uri(line[Listening.Length..]);
                _client.BaseAddress = new Uri($"http://{_address.Authority}");
                _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null);
                return;
            }
        }

        await _process.WaitForExitAsync();
        Assert.Fail($"{Program} ended with {_process.ExitCode}, and listened for nobody.");
    }

    /// <summary>Opens a file as a page.</summary>
    /// <param name="width">How wide the window is, in CSS pixels.</param>
    internal async Task<BrowserPage> OpenAsync(string file, int width)
    {
        using var made = await _client.PutAsync(new Uri("/json/new?about:blank", UriKind.Relative), content: null);
        var target = await made.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        var page = await BrowserPage.ConnectAsync(new Uri(target.GetProperty("webSocketDebuggerUrl").GetString()!));
        await page.ResizeAsync(width);
        await page.GoToAsync(new Uri(file));
        return page;
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_process is not null && _address is not null)
        {
            // It ends its own processes first, which would go on to write into the profile.
            using var socket = new ClientWebSocket();
            await socket.ConnectAsync(_address, CancellationToken.None);
            await socket.SendAsync(Close, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            await _process.WaitForExitAsync();
        }

        _profile.Delete(recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process?.Dispose();
        _client.Dispose();
    }
}
