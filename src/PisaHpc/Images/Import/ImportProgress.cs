namespace PisaHpc.Images.Import;

/// <summary>How far the reading of an image's source has come.</summary>
/// <param name="Bytes">Bytes read: of the tar stream that a tree gives, or of the tar as it lies there, compressed or not.</param>
/// <param name="TotalBytes">How many there are, for a tree nearly; null when nobody knows.</param>
/// <param name="Files">Files, directories and links seen; null when the tar's format does not let them be counted.</param>
/// <param name="TotalFiles">How many there are; null when nobody knows.</param>
public sealed record ImportProgress(long Bytes, long? TotalBytes, long? Files, long? TotalFiles);
