using System.Net.Http.Headers;
using System.Text.Json;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>The import of a tar as an image: one request whose body is the tar.</summary>
internal static class ImageUpload
{
    /// <summary>How long the engine may take to answer a caller who has left after the last byte.</summary>
    private static readonly TimeSpan LastAnswer = TimeSpan.FromSeconds(30);

    /// <summary>Sends it and waits for the image's id.</summary>
    public static async Task<string> SendAsync(
        EngineClient client, ImageImport import, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        await using var connection = new DrainAfterWriteFailureStream(await client.OpenStreamAsync(cancellationToken));
        using var content = new TarContent(write, connection);
        using var leaving = new CancellationTokenSource();
        await using var registration = cancellationToken.Register(() => Leave(content, leaving));
        try
        {
            return await SendAsync(client, import, content, connection, leaving.Token);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw content.Failure ?? (exception is HttpRequestException or IOException or OperationCanceledException or JsonException
                ? EngineFailure.Of(exception, client.Node)
                : exception);
        }
    }

    /// <summary>Without the body's end the engine drops what came; after it, the image is made whoever listens.</summary>
    private static void Leave(TarContent content, CancellationTokenSource leaving)
    {
        if (content.TryLeave())
        {
            leaving.Cancel();
        }
        else
        {
            leaving.CancelAfter(LastAnswer);
        }
    }

    private static async Task<string> SendAsync(
        EngineClient client, ImageImport import, TarContent content, Stream connection, CancellationToken cancellationToken)
    {
        using var http = client.Over(connection);
        using var request = new HttpRequestMessage(HttpMethod.Post, AddressOf(import)) { Content = content };
        request.Headers.TransferEncodingChunked = true;
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (await EngineFailure.RefusalAsync(answer, cancellationToken) is { } refusal)
        {
            throw EngineFailure.OfImport(import.Name.ToString(), refusal, client.Node);
        }

        string? id = null;
        await foreach (var message in EngineMessages.ReadAsync(answer, cancellationToken))
        {
            if (message.Error is { } error)
            {
                throw EngineFailure.OfImport(import.Name.ToString(), error.Message ?? "no reason given", client.Node);
            }

            id = message.Status?.StartsWith("sha256:", StringComparison.Ordinal) == true ? message.Status : id;
        }

        return content.IsWhole && id is not null
            ? id
            : throw EngineFailure.OfImport(import.Name.ToString(), "it answered without an image before all was sent", client.Node);
    }

    private static Uri AddressOf(ImageImport import)
    {
        string[] query =
        [
            "fromSrc=-",
            $"repo={Uri.EscapeDataString(import.Name.Name)}",
            $"tag={Uri.EscapeDataString(import.Name.Version)}",
            .. import.Changes.Select(change => $"changes={Uri.EscapeDataString(change)}"),
        ];
        return new Uri("images/create?" + string.Join('&', query), UriKind.Relative);
    }
}
