namespace PisaHpc.Access.Ssh;

/// <summary>What was read of a job's directory.</summary>
/// <param name="Uid">The directory's owner.</param>
/// <param name="Files">The files asked for that exist, by name. Their content is whatever the job's user left there.</param>
public sealed record JobDirectoryContent(uint Uid, IReadOnlyDictionary<string, byte[]> Files);

/// <summary>A job that has a directory on a node.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="Config">What the directory says of its job; null when it says nothing that can be read.</param>
public sealed record JobDirectoryEntry(string Directory, JobSshConfig? Config);
