using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Batch;
using PisaHpc.HostLists;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Takes away what jobs left whose run the batch system no longer knows. What is not certain stays.</summary>
[Cmdlet(VerbsCommon.Clear, "HpcOrphan", SupportsShouldProcess = true)]
[OutputType(typeof(HpcOrphan))]
public sealed class ClearHpcOrphanCommand : NodeCmdlet
{
    private readonly HashSet<string> _jobIds = new(StringComparer.Ordinal);

    /// <summary>
    /// The jobs to look for; every job when none is given. One that no batch system granted goes only when it is named here, and not from
    /// the pipeline, and when none of its containers runs.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = [];

    /// <summary>The nodes to look on, and leases that name one of them; the site's nodes and every lease when none is named.</summary>
    [Parameter]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>How long ago a job that the batch system still knows must have ended, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 86400)]
    public int EndedForSec { get; set; } = (int)OrphanSearch.DefaultEndedFor.TotalSeconds;

    /// <summary>How long a container may take after TERM before it is killed, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int GraceSec { get; set; } = 10;

    /// <summary>
    /// The host on which the batch system is asked, reached as the nodes are; else the site definition's batch.host, else this machine.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string? SubmitHost { get; set; }

    /// <summary>How long the batch system may take to answer, in seconds; 0 is no limit.</summary>
    [Parameter]
    [ValidateRange(0, 86400)]
    public int BatchTimeoutSec { get; set; } = (int)SiteBatchSystem.DefaultTimeout.TotalSeconds;

    /// <summary>With -WhatIf: emits each orphan as it would be.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => GraceSec + ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _jobIds.UnionWith(JobId.Select(id => JobIdPattern.One(id, "Clear-HpcOrphan")));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_jobIds.Count == 0 && MyInvocation.ExpectingInput)
        {
            return;
        }

        var (area, search) = (SitePorts, Search());
        OrphanFindings findings;
        using (FollowNodes("Looking for orphans", search.Nodes.Count, Phase.FindJob))
        {
            findings = await new OrphanFinder(Cluster.ForSurvey(), area, search).FindAsync(StopToken);
        }

        Tell(findings, search.IsByName);
        var remover = new OrphanRemover(Cluster, area, search.Evidence, TimeSpan.FromSeconds(GraceSec))
        {
            Recorder = Recorder,
        };
        foreach (var found in findings.Orphans)
        {
            await RemoveAsync(remover, found);
        }
    }

    private void Tell(OrphanFindings findings, bool isByName)
    {
        foreach (var job in isByName ? [] : findings.Left)
        {
            Detail($"left as it is: {job}");
        }

        foreach (var words in findings.Warnings(isByName))
        {
            Warn(words);
        }

        if (findings.Asleep.Count > 0)
        {
            Warn($"No answer, and no job there that is known: {HostList.Fold(findings.Asleep)}.");
        }
    }

    private OrphanSearch Search()
    {
        var (site, system) = (RequiredSite, RequiredSite.Batch.System);
        return new OrphanSearch
        {
            System = system,
            Evidence = BatchSystems.EvidenceOf(system),
            AskAsync = stopping => SiteBatchSystem.AskAsync(
                site,
                system,
                SubmitHost,
                BatchTimeoutSec == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(BatchTimeoutSec),
                (asked, limit) => asked.ListJobsAsync(limit),
                stopping),
            RunDirectory = site.RunDirectory,
            Nodes = NodesOrSite(Node),
            IsWholeSite = Node.Length == 0,
            JobIds = _jobIds.Count > 0 ? _jobIds : null,
            IsByName = _jobIds.Count > 0 && !MyInvocation.ExpectingInput,
            EndedFor = TimeSpan.FromSeconds(EndedForSec),
        };
    }

    private async Task RemoveAsync(OrphanRemover remover, FoundOrphan found)
    {
        var orphan = found.Orphan;
        try
        {
            if (!await ShouldProcessAsync(
                $"{HostList.Fold(orphan.Nodes.Select(node => node.Name))}: job {orphan.JobId} ({orphan.Evidence})",
                orphan.Port == 0 ? "Remove what it left there" : "Remove what it left there, and its lease"))
            {
                if (PassThru)
                {
                    Emit(OrphanRemover.Predict(found));
                }
            }
            else if (await remover.RemoveAsync(found, StopToken) is { } removed)
            {
                Emit(removed);
            }
            else
            {
                Detail($"left as it is: job {orphan.JobId} is being started or stopped");
            }
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            Report(failure, orphan.JobId);
        }
    }
}
