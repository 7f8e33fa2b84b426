using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PisaHpc.Unit.Reports;

/// <summary>A page in <see cref="Chromium"/>, with a hand on its mouse and its keys. One thing is done at a time.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _limit = new(Patience);
    private int _last;

    /// <summary>Joins a page's developer tools.</summary>
    public static async Task<BrowserPage> ConnectAsync(Uri address)
    {
        var page = new BrowserPage();
        await page._socket.ConnectAsync(address, page._limit.Token);
        await page.AskAsync("Page.enable");
        return page;
    }

    /// <summary>Makes the window as wide, in CSS pixels; a narrow one is a phone's.</summary>
    public Task ResizeAsync(int width) => AskAsync("Emulation.setDeviceMetricsOverride", new JsonObject
    {
        ["width"] = width,
        ["height"] = 900,
        ["deviceScaleFactor"] = 1,
        ["mobile"] = width < 700,
    });

    /// <summary>Looks at it as a printer does.</summary>
    public Task ShowAsPrintedAsync() => AskAsync("Emulation.setEmulatedMedia", new JsonObject { ["media"] = "print" });

    /// <summary>Goes to an address, and waits until it is loaded.</summary>
    public async Task GoToAsync(Uri address)
    {
        await SendAsync("Page.navigate", new JsonObject { ["url"] = address.AbsoluteUri });
        await ReadUntilAsync(message => message["method"]?.GetValue<string>() == "Page.loadEventFired");
    }

    /// <summary>What an expression of the page's language gives.</summary>
    public async Task<T> EvaluateAsync<T>(string expression)
    {
        var answer = await AskAsync(
            "Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.True(answer["exceptionDetails"] is null, $"{expression}: {answer["exceptionDetails"]}");
        return answer["result"]!["value"].Deserialize<T>()!;
    }

    /// <summary>Clicks into the midst of an element, as a mouse does.</summary>
    /// <param name="selector">Which it is, as CSS selects it.</param>
    public async Task ClickAsync(string selector)
    {
        var at = await EvaluateAsync<double[]>(
            $$"""
            (() => {
              const element = document.querySelector({{JsonSerializer.Serialize(selector)}});
              element.scrollIntoView({ block: "center" });
              const box = element.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            })()
            """);
        foreach (var kind in (string[])["mousePressed", "mouseReleased"])
        {
            await AskAsync("Input.dispatchMouseEvent", new JsonObject
            {
                ["type"] = kind,
                ["x"] = at[0],
                ["y"] = at[1],
                ["button"] = "left",
                ["clickCount"] = 1,
            });
        }
    }

    /// <summary>Types into what has the focus.</summary>
    public Task TypeAsync(string text) => AskAsync("Input.insertText", new JsonObject { ["text"] = text });

    /// <summary>Prints it on A4.</summary>
    public async Task<byte[]> PrintAsync()
    {
        var printed = await AskAsync(
            "Page.printToPDF", new JsonObject { ["preferCSSPageSize"] = true, ["paperWidth"] = 8.27, ["paperHeight"] = 11.69 });
        return Convert.FromBase64String(printed["data"]!.GetValue<string>());
    }

    /// <summary>Puts a picture of it into a file.</summary>
    public async Task PhotographAsync(string file)
    {
        var picture = await AskAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" });
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, Convert.FromBase64String(picture["data"]!.GetValue<string>()));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await AskAsync("Page.close");
        _socket.Dispose();
        _limit.Dispose();
    }

    private async Task<JsonNode> AskAsync(string method, JsonObject? parameters = null)
    {
        var id = await SendAsync(method, parameters);
        var answer = await ReadUntilAsync(message => message["id"]?.GetValue<int>() == id);
        Assert.True(answer["error"] is null, $"{method}: {answer["error"]}");
        return answer["result"]!;
    }

    private async Task<int> SendAsync(string method, JsonObject? parameters)
    {
        var request = new JsonObject { ["id"] = ++_last, ["method"] = method };
        if (parameters is not null)
        {
            request["params"] = parameters;
        }

        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(request), WebSocketMessageType.Text, endOfMessage: true, _limit.Token);
        return _last;
    }

    private async Task<JsonNode> ReadUntilAsync(Func<JsonNode, bool> isMeant)
    {
        while (true)
        {
            using var text = new MemoryStream();
            var buffer = new byte[1 << 16];
            ValueWebSocketReceiveResult part;
            do
            {
                part = await _socket.ReceiveAsync(buffer.AsMemory(), _limit.Token);
                text.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);
            text.Position = 0;
            if (JsonNode.Parse(text) is { } message && isMeant(message))
            {
                return message;
            }
        }
    }
}
