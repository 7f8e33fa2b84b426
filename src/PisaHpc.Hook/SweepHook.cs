using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Hook;

/// <summary>Takes away what jobs left whose run is over.</summary>
/// <param name="ask">Asks the batch system for its jobs, within its time.</param>
internal sealed class SweepHook(HpcSite site, Cluster cluster, HookLog log, Func<CancellationToken, Task<JobCensus>> ask)
{
    /// <summary>Sweeps the site's nodes by what they and the batch system say; or this node alone, after it was booted.</summary>
    /// <returns>The exit code: that of what may work another time when a node did not answer or could not be cleaned.</returns>
    /// <exception cref="HpcException">
    /// Nobody could say which jobs live, and everything was left; or the site definition does not do.
    /// </exception>
    public async Task<int> RunAsync(HookOptions options, CancellationToken cancellationToken)
    {
        var area = AreaFor(options);
        var findings = options.Boot
            ? await new EarlierBoot(cluster, area, site.Batch.System, Evidence).FindAsync(
                Environment.MachineName, site.RunDirectory, cancellationToken)
            : await new OrphanFinder(cluster.ForSurvey(), area, Search(options)).FindAsync(cancellationToken);
        Tell(findings.Left, options.Verbose);
        var remover = new OrphanRemover(cluster, area, options.Grace);
        var code = HookExit.Done;
        foreach (var found in findings.Orphans)
        {
            try
            {
                await RemoveAsync(remover, found, options.WhatIf, cancellationToken);
            }
            catch (HpcException failure)
            {
                log.Fail(failure);
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                log.Fail($"{ErrorId.InternalError}: job {found.Orphan.JobId}: {bug}");
                code = HookExit.Bug;
            }
        }

        return code == HookExit.Done && log.Failures > 0 ? HookExit.MayPass : code;
    }

    private IJobEvidence Evidence => BatchSystems.EvidenceOf(site.Batch.System);

    /// <summary>
    /// The port area. A node that boots may not have its shared file systems yet: then nobody on it starts a job either, whose lock would
    /// have to be asked for.
    /// </summary>
    private PortArea? AreaFor(HookOptions options)
    {
        if (site.PortArea is not { } definition)
        {
            return null;
        }

        if (options.Boot && !Directory.Exists(definition.Path))
        {
            log.Trace($"the port area {definition.Path} is not there yet: nobody is asked whether a job is being started");
            return null;
        }

        return PortArea.Of(definition, log.Warn);
    }

    private OrphanSearch Search(HookOptions options)
    {
        var nodes = HostList.Expand(site.Nodes.Names);
        return new OrphanSearch
        {
            System = site.Batch.System,
            Evidence = Evidence,
            AskAsync = ask,
            RunDirectory = site.RunDirectory,
            Nodes = nodes.Count > 0 ? nodes : throw new HpcException(
                ErrorId.InvalidValue,
                $"The site definition {site.Path} lists no node to sweep.",
                site.Path,
                "List the nodes in nodes.names of the site definition."),
            JobIds = options.JobIds.Count > 0 ? options.JobIds.Select(id => JobIds.Validate(id)).ToHashSet(StringComparer.Ordinal) : null,
            EndedFor = options.EndedFor,
        };
    }

    private void Tell(IReadOnlyList<LeftJob> left, bool isVerbose)
    {
        foreach (var job in isVerbose ? left : [])
        {
            log.Trace($"left as it is: {job}");
        }

        LeftJob[] unjudged = [.. left.Where(job => job.IsUnjudged)];
        if (unjudged.Length > 0)
        {
            log.Warn(LeftJob.InWords(unjudged));
        }
    }

    private async Task RemoveAsync(OrphanRemover remover, FoundOrphan found, bool isDryRun, CancellationToken cancellationToken)
    {
        var orphan = found.Orphan;
        var nodes = HostList.Fold(orphan.Nodes.Select(node => node.Name));
        if (isDryRun)
        {
            log.Done($"job {orphan.JobId} would be removed from {nodes}: {orphan.Evidence}");
        }
        else if (await remover.RemoveAsync(found, cancellationToken) is not { } removed)
        {
            log.Trace($"left as it is: job {orphan.JobId} is being started or stopped");
        }
        else if (removed.State == nameof(OrphanState.Removed))
        {
            log.Done($"job {orphan.JobId} is removed from {nodes}{(removed.Changed ? "" : ", as before")}: {orphan.Evidence}");
        }
        else
        {
            log.Fail($"something of job {orphan.JobId} is left on {nodes}: the next sweep goes on ({orphan.Evidence})");
        }
    }
}
