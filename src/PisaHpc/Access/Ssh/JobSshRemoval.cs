namespace PisaHpc.Access.Ssh;

/// <summary>What became of a job's ssh configuration on one node.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Node">The node.</param>
/// <param name="Directory">The directory that is gone.</param>
/// <param name="Changed">Whether it was there: false when it had been removed before.</param>
public sealed record JobSshRemoval(string JobId, string Node, string Directory, bool Changed);
