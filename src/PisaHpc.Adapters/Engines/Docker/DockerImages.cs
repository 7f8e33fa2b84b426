using Docker.DotNet;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>The images of a node's Docker engine.</summary>
internal sealed class DockerImages(EngineClient client) : IImageStore
{
    public Task<IReadOnlyList<StoredImage>> ListAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<StoredImage>>(
        async () =>
        {
            var images = await client.Requests.Images.ListImagesAsync(new ImagesListParameters(), cancellationToken);
            return [.. images.Select(ImageRecords.Of)];
        },
        exception => EngineFailure.Of(exception, client.Node),
        cancellationToken);

    public Task<StoredImage?> FindAsync(string reference, CancellationToken cancellationToken) => AskAsync(
        async () =>
        {
            try
            {
                return ImageRecords.Of(await client.Requests.Images.InspectImageAsync(NameOf(reference), cancellationToken));
            }
            catch (DockerImageNotFoundException)
            {
                return null;
            }
        },
        exception => EngineFailure.Of(exception, client.Node),
        cancellationToken);

    public Task<bool> UntagAsync(string name, CancellationToken cancellationToken) => AskAsync(
        async () =>
        {
            try
            {
                await client.Requests.Images.DeleteImageAsync(NameOf(name), new ImageDeleteParameters(), cancellationToken);
                return true;
            }
            catch (DockerImageNotFoundException)
            {
                return false;
            }
        },
        exception => EngineFailure.Of(exception, client.Node),
        cancellationToken);

    public Task<string> ImportAsync(
        ImageImport import, Func<Stream, CancellationToken, Task> content, CancellationToken cancellationToken) =>
        ImageUpload.SendAsync(client, import, content, cancellationToken);

    public async Task<string> PushAsync(string reference, IProgress<LayerPush>? progress, CancellationToken cancellationToken)
    {
        var image = ImageReference.Parse(reference);
        var messages = new PushMessages(image.Version, progress);
        await AskAsync(
            async () =>
            {
                var tag = new ImagePushParameters { Tag = image.Version };
                await client.Answers.Images.PushImageAsync(image.Name, tag, new AuthConfig(), messages, cancellationToken);
                return true;
            },
            exception => exception is DockerApiException refused
                ? EngineFailure.OfPush(reference, EngineFailure.MessageOf(refused.ResponseBody), client.Node)
                : EngineFailure.Of(exception, client.Node),
            cancellationToken);
        return messages.Error is null && messages.Digest is { } digest
            ? digest
            : throw EngineFailure.OfPush(reference, messages.Error ?? "the answer names no digest", client.Node);
    }

    public Task<string> ResolveAsync(string reference, CancellationToken cancellationToken) => AskAsync(
        async () => (await client.Answers.Distribution.InspectAsync(NameOf(reference), cancellationToken)).Descriptor.Digest,
        exception => OfRegistry(exception, reference),
        cancellationToken);

    public async Task PullAsync(string reference, IProgress<PullProgress>? progress, CancellationToken cancellationToken)
    {
        var image = ImageReference.Parse(reference);
        var messages = new PullMessages(progress);
        var wanted = new ImagesCreateParameters { FromImage = image.Name, Tag = image.Version };
        await AskAsync(
            async () =>
            {
                await client.Answers.Images.CreateImageAsync(wanted, authConfig: null, messages, cancellationToken);
                return true;
            },
            exception => OfRegistry(exception, reference),
            cancellationToken);
        if (messages.Error is { } error)
        {
            throw EngineFailure.OfPull(reference, error, client.Node);
        }
    }

    public Task TagAsync(string image, string name, CancellationToken cancellationToken) => AskAsync(
        async () =>
        {
            var target = ImageReference.Parse(name);
            var tag = new ImageTagParameters { RepositoryName = target.Name, Tag = target.Tag ?? "latest" };
            await client.Requests.Images.TagImageAsync(image, tag, cancellationToken);
            return true;
        },
        exception => EngineFailure.Of(exception, client.Node),
        cancellationToken);

    /// <summary>The tag is said even where it is the one by default: the engine refuses to look up a bare name.</summary>
    private static string NameOf(string reference)
    {
        var image = ImageReference.Parse(reference);
        return image.IsId ? reference : image.Digest is { } digest ? $"{image.Name}@{digest}" : $"{image.Name}:{image.Version}";
    }

    private HpcException OfRegistry(Exception exception, string reference) => exception is DockerApiException refused
        ? EngineFailure.OfPull(reference, EngineFailure.MessageOf(refused.ResponseBody), client.Node, refused)
        : EngineFailure.Of(exception, client.Node);

    private static async Task<T> AskAsync<T>(
        Func<Task<T>> request, Func<Exception, HpcException> failure, CancellationToken cancellationToken)
    {
        try
        {
            return await request();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw failure(exception);
        }
    }
}
