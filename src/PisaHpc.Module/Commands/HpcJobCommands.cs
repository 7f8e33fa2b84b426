using System.Management.Automation;
using PisaHpc.Allocations;
using PisaHpc.Base;
using PisaHpc.Completion;
using PisaHpc.Jobs;
using PisaHpc.Ports;
using PisaHpc.Ssh;

namespace PisaHpc.Commands;

/// <summary>Starts a job on all of its nodes, or on none: lease, keys, containers, ready.</summary>
[Cmdlet(VerbsLifecycle.Start, "HpcJob", SupportsShouldProcess = true, DefaultParameterSetName = FromAllocation)]
[OutputType(typeof(HpcJob))]
public sealed class StartHpcJobCommand : PlanCmdlet
{
    /// <summary>The allocation; read from the batch system's environment when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = FromAllocation)]
    public HpcAllocation? Allocation { get; set; }

    /// <summary>How long the port's lease holds; the port area's own time when not given.</summary>
    [Parameter]
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>Offers host-based authentication beside the job's key.</summary>
    [Parameter]
    public SwitchParameter HostBased { get; set; }

    /// <summary>With -WhatIf: emits the job that would be started.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var allocation = Allocation ?? AllocationReader.Read(JobEnvironment.OfProcess());
        var area = PortArea.Of(RequiredPorts, Warn);
        var request = new JobRequest
        {
            Allocation = allocation,
            Environment = ResolveEnvironment(allocation),
            RunDirectory = SiteDefinition.RunDirectory,
            TimeToLive = TimeToLive ?? RequiredPorts.TimeToLive,
            Throttle = ThrottleLimit,
            Timeout = NodeTimeout,
            Devices = DevicesByHand,
            PublishedPorts = PublishPort,
            HostBased = HostBased,
        };
        var progress = new JobProgress($"Starting job {allocation.JobId}", allocation.Nodes.Count, Show, Trace);
        var starter = new JobStarter(Connector, Engines, new Ed25519KeyGenerator(), area, progress);
        try
        {
            await StartAsync(starter, request);
        }
        finally
        {
            progress.Complete();
        }
    }

    private async Task StartAsync(JobStarter starter, JobRequest request)
    {
        var nodes = HostList.Fold(request.Allocation.Nodes.Select(node => node.Name));
        if (await ShouldProcessAsync($"{nodes}: job {request.Allocation.JobId}", $"Start environment {request.Environment.Name}"))
        {
            await starter.StartAsync(request, Report, HandOverAsync, StopToken);
            return;
        }

        var plans = await starter.PlanAsync(request, Report, StopToken);
        foreach (var plan in plans)
        {
            var options = plan.Options.Where(option => option.Name != "label").Select(option => $"{option.Name}={option.Value}");
            Trace($"{plan.Node}: {plan.Name}: {string.Join(' ', options)}");
        }

        if (PassThru)
        {
            Emit(JobStarter.Predict(request, plans));
        }
    }

    private void Report(NodeFailure failure) => Report(failure.Cause, failure.Node);
}

/// <summary>Rebuilds jobs from the nodes and the port area.</summary>
[Cmdlet(VerbsCommon.Get, "HpcJob")]
[OutputType(typeof(HpcJob))]
public sealed class GetHpcJobCommand : NodeCmdlet
{
    private readonly HashSet<string> _jobIds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);

    /// <summary>The jobs; wildcards are allowed; every job when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = ["*"];

    /// <summary>The nodes to ask beside those that leases name; the site's nodes when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Nodes")]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _jobIds.UnionWith(JobId);
        _nodes.UnionWith(Node);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_jobIds.Count == 0)
        {
            return;
        }

        var finder = new JobFinder(Engines, SitePorts);
        string[]? ids = _jobIds.All(JobIdPattern.IsOne) ? [.. _jobIds] : null;
        var jobs = await finder.FindAsync(ids, NodesToAsk(finder, ids), ThrottleLimit, NodeTimeout, ReportNode, StopToken);
        var wanted = _jobIds.Select(JobIdPattern.Of).ToArray();
        EmitAll(jobs.Where(job => wanted.Any(matches => matches(job.JobId))));
        foreach (var id in _jobIds.Where(JobIdPattern.IsOne).Except(jobs.Select(job => job.JobId)))
        {
            Report(new HpcException(ErrorId.JobNotFound, $"Job {id} has no lease and no container on the nodes asked.", id));
        }
    }

    private IReadOnlyList<string> NodesToAsk(JobFinder finder, string[]? ids)
    {
        var site = new Lazy<IReadOnlyList<string>>(() => NodesOrSite(_nodes));
        return ids is null ? site.Value : [.. ids.SelectMany(id => finder.NodesOf(id, NodesOf(_nodes), () => site.Value)).Distinct()];
    }
}

/// <summary>Takes a job off its nodes: containers, keys, lease, processes. What is gone already is success.</summary>
[Cmdlet(VerbsLifecycle.Stop, "HpcJob", SupportsShouldProcess = true)]
[OutputType(typeof(HpcJob))]
public sealed class StopHpcJobCommand : NodeCmdlet
{
    /// <summary>Whose job it is does not matter for taking it away, and an epilogue of root is not always told.</summary>
    private const string Anyone = "root:0:0";

    /// <summary>The jobs, by their ids; the one that this runs in when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = [];

    /// <summary>More nodes to clean; those that the lease or the containers name are cleaned anyway.</summary>
    [Parameter]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>How long a container may take after TERM before it is killed, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int GraceSec { get; set; } = 10;

    /// <summary>With -WhatIf: emits the job as it would be.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => GraceSec + ShortWorkSec;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        string[] jobIds = JobId.Length > 0
            ? JobId
            : [AllocationReader.FindJobId(JobEnvironment.OfProcess()) ?? throw AllocationReader.NoJob()];
        Array.ForEach(jobIds, id => JobIds.Validate(id));
        var area = SitePorts;
        foreach (var jobId in jobIds)
        {
            try
            {
                await StopAsync(jobId, area);
            }
            catch (HpcException failure)
            {
                Report(failure, jobId);
            }
        }
    }

    private async Task StopAsync(string jobId, PortArea? area)
    {
        var named = NodesOf(Node);
        var finder = new JobFinder(Engines, area);
        var asked = finder.NodesOf(jobId, named, () => NodesToSearch(jobId));

        // A node that does not answer now is asked again by the stopper, which reports it.
        var found = await finder.FindAsync([jobId], asked, ThrottleLimit, NodeTimeout, (_, _) => { }, StopToken);
        var job = found.Count > 0 ? found[0] : HpcJob.None(jobId);
        var nodes = job.Nodes.Select(node => node.Name).Union(named).ToArray();
        var target = nodes.Length > 0 ? $"{HostList.Fold(nodes)}: job {jobId}" : $"job {jobId}";
        if (!await ShouldProcessAsync(target, "Remove its containers, keys and lease"))
        {
            if (PassThru)
            {
                Emit(JobStopper.Predict(job));
            }

            return;
        }

        var progress = new JobProgress($"Stopping job {jobId}", nodes.Union(asked).Count(), Show, Trace);
        var stopper = new JobStopper(Connector, Engines, area, progress);
        try
        {
            var grace = TimeSpan.FromSeconds(GraceSec);
            Emit(await stopper.StopAsync(
                job, asked, SiteDefinition.RunDirectory, grace, ThrottleLimit, NodeTimeout, ReportNode, StopToken));
        }
        finally
        {
            progress.Complete();
        }
    }

    /// <summary>Where a job may be whose lease does not say: the allocation this runs in, else the whole site.</summary>
    private IReadOnlyList<string> NodesToSearch(string jobId)
    {
        var environment = JobEnvironment.OfProcess();
        try
        {
            return AllocationReader.FindJobId(environment) == jobId
                ? [.. AllocationReader.Read(environment, owner: Anyone).Nodes.Select(node => node.Name)]
                : NodesOrSite([]);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.AllocationNotFound)
        {
            // After its end a job's variables may name nodes no more: its files can be anywhere on the site.
            return NodesOrSite([]);
        }
    }
}
