using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>What the engine tells of images, in the domain's terms.</summary>
internal static class ImageRecords
{
    /// <summary>An image from a listing. The engine writes <c>&lt;none&gt;</c> where a name, tag or digest is not known.</summary>
    public static StoredImage Of(ImagesListResponse answer) => new()
    {
        Id = answer.ID,
        Tags = [.. Known(answer.RepoTags)],
        Digests = [.. Known(answer.RepoDigests)],
        SizeBytes = answer.Size,
        CreatedAt = ContainerRecords.UtcOf(answer.Created),
        Labels = ContainerRecords.LabelsOf(answer.Labels),
    };

    /// <summary>An image from an inspection.</summary>
    public static StoredImage Of(ImageInspectResponse answer) => new()
    {
        Id = answer.ID,
        Tags = [.. Known(answer.RepoTags)],
        Digests = [.. Known(answer.RepoDigests)],
        SizeBytes = answer.Size,
        CreatedAt = ContainerRecords.UtcOf(answer.Created ?? DateTime.UnixEpoch),
        Labels = ContainerRecords.LabelsOf(answer.Config?.Labels),
        Layers = [.. answer.RootFS?.Layers ?? []],
    };

    private static IEnumerable<string> Known(IEnumerable<string>? names) =>
        (names ?? []).Where(name => !name.Contains("<none>", StringComparison.Ordinal));
}
