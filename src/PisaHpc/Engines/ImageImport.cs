namespace PisaHpc.Engines;

/// <summary>What an engine is told of an image before its tar comes.</summary>
/// <param name="Name">The name with its tag.</param>
/// <param name="Changes">
/// Instructions as of a Dockerfile that set the image's configuration, in order: <c>CMD</c>, <c>ENV</c>, <c>LABEL</c> and the like.
/// </param>
public sealed record ImageImport(ImageReference Name, IReadOnlyList<string> Changes);
