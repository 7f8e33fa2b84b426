namespace PisaHpc.Batch;

/// <summary>Which cluster's jobs an answer is about: two clusters give the same ids to different jobs.</summary>
internal static class GrantingCluster
{
    /// <summary>Requires that the site's own cluster has answered.</summary>
    /// <param name="system">The batch system.</param>
    /// <param name="expected">The site's cluster; null where the site does not say it, and any will do.</param>
    /// <param name="told">The cluster that answered, by the batch system's own word; null or empty for none.</param>
    /// <param name="host">Where it was asked.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchSystemFailed"/>.</exception>
    public static void Require(Scheduler system, string? expected, string? told, string host)
    {
        if (expected is not null && told != expected)
        {
            var other = told is { Length: > 0 } ? $"cluster {Quote.Name(told)}" : "a cluster without a name";
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"{system} on {host} answers for {other}, and the site's is {Quote.Name(expected)}.",
                host,
                "Ask where the site's cluster answers: batch.host in the site definition; or correct batch.cluster there.")
            { IsLasting = true };
        }
    }
}
