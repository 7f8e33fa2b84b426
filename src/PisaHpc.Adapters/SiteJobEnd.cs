using PisaHpc.Batch;
using PisaHpc.Sites;

namespace PisaHpc.Adapters;

/// <summary>How jobs ended, as a site's batch system tells it.</summary>
internal static class SiteJobEnd
{
    /// <summary>How long it may take: whoever stops a job has other things to do.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Asks how a job ended.</summary>
    /// <returns>Null for a job that has not ended, or that waits to run again.</returns>
    /// <exception cref="HpcException">As for <see cref="SiteBatchSystem"/> and <see cref="IBatchSystem.FindEndAsync"/>.</exception>
    public static Task<BatchEnd?> FindAsync(HpcSite site, string jobId, CancellationToken cancellationToken) =>
        SiteBatchSystem.AskAsync(
            site, site.Batch.System, host: null, Limit, (batch, stopping) => batch.FindEndAsync(jobId, stopping), cancellationToken);
}
