using PisaHpc.Batch;
using PisaHpc.Sites;

namespace PisaHpc.Jobs;

/// <summary>
/// Which environment a job of the batch system asks for, by the rule of the hooks (<c>hooks/slurm/slurm-prolog</c>): the first word
/// <c>docker-NAME</c> of its comment, which may be an alias as a whole, else what its queue has by default. An application profile of LSF's
/// hooks is such a word, and so is HTCondor's <c>PisaHpcEnvironment</c>, where the prefix may be left out.
/// </summary>
internal static class RequestedEnvironment
{
    private const string Prefix = "docker-";
    private static readonly char[] BetweenWords = [' ', '\t', '\n', ',', ';'];

    /// <summary>The environment's name.</summary>
    /// <returns>Null for a job that asks for none, or for one that the site does not define.</returns>
    public static string? Of(JobSubmission submission, HpcSite site)
    {
        var word = submission.Environment ?? (submission.Request ?? "").Split(BetweenWords)
            .FirstOrDefault(word => word.Length > Prefix.Length && word.StartsWith(Prefix, StringComparison.Ordinal));
        return word is null ? submission.Queue is { } queue && site.Queues.GetValueOrDefault(queue)?.Environment is { } ofQueue
                ? EnvironmentResolver.FindName(site, ofQueue)
                : null
            : EnvironmentResolver.FindName(site, word)
                ?? (word.StartsWith(Prefix, StringComparison.Ordinal) && word != Prefix + "none"
                    ? EnvironmentResolver.FindName(site, word[Prefix.Length..])
                    : null);
    }
}
