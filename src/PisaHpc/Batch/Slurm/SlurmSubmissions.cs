namespace PisaHpc.Batch.Slurm;

/// <summary>What squeue says of how jobs that run were submitted: <c>MARK|%A|%P|%u|%k</c> (squeue(1)).</summary>
internal static class SlurmSubmissions
{
    /// <summary>Reads it.</summary>
    /// <param name="text">What squeue wrote; null where it was not asked.</param>
    /// <param name="mark">The word that each job begins with, which no user knew when he wrote his comment.</param>
    /// <returns>By raw id.</returns>
    public static IReadOnlyDictionary<string, JobSubmission> Read(string? text, string? mark)
    {
        var submissions = new Dictionary<string, JobSubmission>(StringComparer.Ordinal);
        foreach (var job in text is null || string.IsNullOrEmpty(mark) ? [] : text.Split(mark + '|').Skip(1))
        {
            if (job.Split('|', 4) is [var id, var partition, var owner, var comment])
            {
                submissions[id] = new JobSubmission(partition, owner, CommentOf(comment.TrimEnd('\n')));
            }
        }

        return submissions;
    }

    private static string? CommentOf(string text) => text is "" or "(null)" ? null : text;
}
