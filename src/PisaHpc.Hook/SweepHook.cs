using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Jobs.Records;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Hook;

/// <summary>Takes away what jobs left whose run is over.</summary>
/// <param name="ask">Asks the batch system for its jobs, within its time.</param>
internal sealed class SweepHook(HpcSite site, Cluster cluster, HookLog log, Func<CancellationToken, Task<JobCensus>> ask)
{
    /// <summary>How long the port area's directory may take to be looked at when a node boots: its file server may be away.</summary>
    private static readonly TimeSpan AreaPatience = TimeSpan.FromSeconds(10);

    /// <summary>Sweeps the site's nodes by what they and the batch system say; or this node alone, after it was booted.</summary>
    /// <returns>The exit code: that of the worst that failed, and of what may pass when that was no more than a node.</returns>
    /// <exception cref="HpcException">
    /// Nobody could say which jobs live, and everything was left; or the site definition does not do.
    /// </exception>
    public async Task<int> RunAsync(HookOptions options, CancellationToken cancellationToken)
    {
        var area = await AreaForAsync(options, cancellationToken);
        using var turn = area is null || options.Boot || options.WhatIf ? null : AreaLock.TryTakeSweep(area.Path);
        if (turn is null && area is not null && !options.Boot && !options.WhatIf)
        {
            log.Trace($"another sweep is at it: it has the lock in {area.Path}");
            return HookExit.Done;
        }

        var findings = options.Boot
            ? await new EarlierBoot(cluster, area, site.Batch.System, Evidence).FindAsync(
                Environment.MachineName, site.RunDirectory, cancellationToken)
            : await new OrphanFinder(cluster.ForSurvey(), area, Search(options)).FindAsync(cancellationToken);
        Tell(findings, options);
        var remover = new OrphanRemover(cluster, area, Evidence, options.Grace)
        {
            Recorder = JobRecorder.Of(site, "pisahpc-hook sweep", log.Warn),
        };
        foreach (var found in findings.Orphans)
        {
            try
            {
                await RemoveAsync(remover, found, options, cancellationToken);
            }
            catch (HpcException failure)
            {
                log.Fail(failure);
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                log.Fail(new NodeFailure($"job {found.Orphan.JobId}", bug));
            }
        }

        return HookExit.OfSweep(log);
    }

    private IJobEvidence Evidence => BatchSystems.EvidenceOf(site.Batch.System);

    /// <summary>The port area. A node that boots may not have its shared file systems yet.</summary>
    private async Task<PortArea?> AreaForAsync(HookOptions options, CancellationToken cancellationToken)
    {
        if (site.PortArea is not { } definition)
        {
            return null;
        }

        if (options.Boot && !await IsThereAsync(definition.Path, cancellationToken))
        {
            log.Trace($"the port area {definition.Path} is not there yet: nobody is asked whether a job is being started");
            return null;
        }

        return PortArea.Of(definition, log.Warn);
    }

    private static async Task<bool> IsThereAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(() => Directory.Exists(path), cancellationToken).WaitAsync(AreaPatience, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
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
            IsByName = options.JobIds.Count > 0,
            EndedFor = options.EndedFor,
        };
    }

    private void Tell(OrphanFindings findings, HookOptions options)
    {
        var isByName = options.JobIds.Count > 0;
        foreach (var job in options.Verbose && !isByName ? findings.Left : [])
        {
            log.Trace($"left as it is: {job}");
        }

        foreach (var words in findings.Warnings(isByName))
        {
            log.Warn(words);
        }

        if (findings.Asleep.Count > 0)
        {
            log.Trace($"no answer, and no job there that is known: {HostList.Fold(findings.Asleep)}");
        }
    }

    private async Task RemoveAsync(OrphanRemover remover, FoundOrphan found, HookOptions options, CancellationToken cancellationToken)
    {
        var orphan = found.Orphan;
        var nodes = HostList.Fold(orphan.Nodes.Select(node => node.Name));
        if (options.WhatIf)
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
