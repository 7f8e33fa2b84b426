namespace PisaHpc.Access.Ssh;

/// <summary>What was read of a job's directory.</summary>
/// <param name="Uid">The directory's owner.</param>
/// <param name="Files">The files asked for that exist, by name. Their content is whatever the job's user left there.</param>
public sealed record JobDirectoryContent(uint Uid, IReadOnlyDictionary<string, byte[]> Files);
