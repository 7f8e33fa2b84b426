using PisaHpc.Images;

namespace PisaHpc.Docker;

/// <summary>The push of an image to its registry.</summary>
internal static class ImagePush
{
    /// <summary>No credentials, which is an empty JSON object in base64; the engine refuses a push without the header.</summary>
    private const string Anonymous = "e30=";

    /// <summary>Pushes and waits for the digest.</summary>
    public static async Task<string> SendAsync(
        EngineClient client, string reference, IProgress<LayerPush>? progress, CancellationToken cancellationToken)
    {
        var image = ImageReference.Parse(reference);
        var address = $"images/{Uri.EscapeDataString(image.Name)}/push?tag={Uri.EscapeDataString(image.Version)}";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, UriKind.Relative));
        request.Headers.Add("X-Registry-Auth", Anonymous);
        using var answer = await client.Streams.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            var body = await answer.Content.ReadAsStringAsync(cancellationToken);
            throw EngineFailure.OfPush(reference, EngineFailure.MessageOf(body), client.Node);
        }

        string? digest = null;
        await foreach (var message in EngineMessages.ReadAsync(answer, cancellationToken))
        {
            if (message.Error is { } error)
            {
                throw EngineFailure.OfPush(reference, error, client.Node);
            }

            digest = message.Digest ?? digest;
            if (message.Layer is { } layer && layer != image.Version)
            {
                progress?.Report(new LayerPush(layer, message.Status, message.Bytes, message.TotalBytes));
            }
        }

        return digest ?? throw EngineFailure.OfPush(reference, "the answer names no digest", client.Node);
    }
}
