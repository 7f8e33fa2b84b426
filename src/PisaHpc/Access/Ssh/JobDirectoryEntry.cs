namespace PisaHpc.Access.Ssh;

/// <summary>A job that has a directory on a node.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="Config">What the directory says of its job; null when it says nothing that can be read.</param>
public sealed record JobDirectoryEntry(string Directory, JobSshConfig? Config);
