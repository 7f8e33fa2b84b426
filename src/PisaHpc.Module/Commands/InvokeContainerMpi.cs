using System.Collections;
using System.Globalization;
using System.Management.Automation;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.HostLists;
using PisaHpc.Jobs;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Mpi;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Runs a program with MPI in a job's containers. Each line of output is an <see cref="MpiOutput"/> as it arrives; the last object is the
/// run's <see cref="MpiResult"/>. With -Quiet the result is the only object. A run that failed is also an error: RankFailed with the rank's
/// node as its target, or MpiLaunchFailed. Ctrl-C, or the caller's death, ends all ranks on all nodes within five seconds.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerMpi", SupportsShouldProcess = true, DefaultParameterSetName = "Container")]
[OutputType(typeof(MpiOutput), typeof(MpiResult))]
public sealed class InvokeContainerMpiCommand : NodeCmdlet, IBackgroundCmdlet
{
    private readonly List<(string JobId, string Node)> _containers = [];

    /// <summary>The job's containers, from Start-HpcContainer or Get-HpcContainer: the nodes that the ranks run on.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Container")]
    public HpcContainer[] InputObject { get; set; } = [];

    /// <summary>The job.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Job")]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string JobId { get; set; } = "";

    /// <summary>Some of the job's nodes; all of them when none is named.</summary>
    [Parameter(ParameterSetName = "Job")]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>The static environment into whose containers the run is placed, on the allocation's nodes and with its slots.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Static")]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string Static { get; set; } = "";

    /// <summary>The allocation that a run in a static environment is for.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Static")]
    public HpcAllocation Allocation { get; set; } = null!;

    /// <summary>
    /// The program, as the containers know it: a name on their PATH, an absolute path, or one relative to -WorkingDirectory.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(ContainerProgramCompleter))]
    public string Command { get; set; } = "";

    /// <summary>The program's arguments, each passed as it is: no shell looks at them.</summary>
    [Parameter(Position = 1)]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>Variables for every rank.</summary>
    [Parameter]
    [Alias("Variable")]
    public IDictionary? Environment { get; set; }

    /// <summary>The working directory in the containers, an absolute path; the user's home when not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InnerDirectoryCompleter))]
    public string? WorkingDirectory { get; set; }

    /// <summary>How many ranks; one for each slot when not given. They fill the nodes in the allocation's order.</summary>
    [Parameter]
    [ValidateRange(1, 10_000_000)]
    public int? Rank { get; set; }

    /// <summary>Allows more ranks than slots; each node gets its share of them.</summary>
    [Parameter]
    public SwitchParameter Oversubscribe { get; set; }

    /// <summary>What starts the ranks, and how they get to the other nodes.</summary>
    [Parameter]
    public MpiLauncher Launcher { get; set; } = MpiLauncher.Ssh;

    /// <summary>The MPI implementation, instead of the environment's.</summary>
    [Parameter]
    public MpiFlavour? Flavour { get; set; }

    /// <summary>
    /// The network between the nodes, in CIDR form or as an interface's name, instead of the environment's; by default the one by which the
    /// first node reaches the second.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(MpiNetworkCompleter))]
    public string? Network { get; set; }

    /// <summary>More options for the launcher itself, such as --bind-to core.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(LauncherOptionCompleter))]
    public string[] LauncherOption { get; set; } = [];

    /// <summary>Writes the result alone.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Goes on in the background: writes a job of the session, with a child for each node that is known before.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    IEnumerable<string> IBackgroundCmdlet.NodesBound() => ParameterSetName switch
    {
        "Container" => InputObject.Select(container => container.Node),
        "Static" => Allocation.Nodes.Select(node => node.Name),
        _ when Node.Length > 0 => NodesOf(Node),
        _ => NodesLeased(JobIdPattern.One(JobId, "Invoke-ContainerMpi")),
    };

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (ParameterSetName == "Container")
        {
            foreach (var container in InputObject)
            {
                Add(container);
            }
        }
        else if (ParameterSetName == "Static")
        {
            await PlaceAsync();
        }
        else
        {
            var nodes = NodesOf(Node);
            await InvokeAsync(JobIdPattern.One(JobId, "Invoke-ContainerMpi"), nodes, await AnyNodeOfAsync(JobId, nodes));
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        foreach (var job in _containers.GroupBy(container => container.JobId))
        {
            await InvokeAsync(job.Key, [.. job.Select(container => container.Node).Distinct()], job.First().Node);
        }
    }

    private void Add(HpcContainer container)
    {
        if (container.JobId is { } jobId)
        {
            _containers.Add((jobId, container.Node));
            return;
        }

        Report(new HpcException(
            ErrorId.JobNotFound,
            $"Container {container.Name} on {container.Node} is no job's, and MPI runs in the containers of one job.",
            container.Name,
            container.Static is { } name ? $"Run it there for an allocation: Invoke-ContainerMpi -Static {name} -Allocation." : null));
    }

    /// <summary>Asked before the job is placed: what it runs then was agreed to.</summary>
    private async Task PlaceAsync()
    {
        var nodes = HostList.Fold(Allocation.Nodes.Select(node => node.Name));
        var ranks = Rank ?? Allocation.Nodes.Sum(node => node.Slots);
        if (await ShouldProcessAsync($"{nodes}: job {Allocation.JobId}, in static environment {Static}", RunOf(ranks)))
        {
            await new PlacedRun(this, SiteEngines.Agent(), Warn).RunAsync(Allocation, Static, RunInAsync, StopToken);
        }
    }

    private async Task RunInAsync(HpcJob job) => await RunAsync(await RequestAsync(job.JobId, [], job.Nodes[0].Name));

    private async Task InvokeAsync(string jobId, IReadOnlyCollection<string> nodes, string anyNode)
    {
        var request = await RequestAsync(jobId, nodes, anyNode);
        var target = $"{HostList.Fold(request.Nodes.Select(node => node.Name))}: job {jobId}";
        if (await ShouldProcessAsync(target, RunOf(Rank ?? request.Nodes.Sum(node => node.Slots))))
        {
            await RunAsync(request);
        }
    }

    private string RunOf(int ranks) => string.Create(CultureInfo.InvariantCulture, $"Run {Command} with {ranks} MPI ranks");

    private async Task<MpiRequest> RequestAsync(string jobId, IReadOnlyCollection<string> nodes, string anyNode)
    {
        var job = await MpiJob.FindAsync(Cluster, jobId, anyNode, StopToken);
        var request = job.RequestFor(nodes, Command, Launcher);
        return request with
        {
            Arguments = ArgumentList,
            Environment = ParameterLayer.Words(Environment),
            WorkingDirectory = WorkingDirectory,
            Ranks = Rank,
            Oversubscribe = Oversubscribe,
            LauncherOptions = LauncherOption,
            Flavour = Flavour ?? request.Flavour,
            Network = Network ?? request.Network,
        };
    }

    private async Task RunAsync(MpiRequest request)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        limit.CancelAfter(NodeTimeout);
        try
        {
            var run = new MpiRun(Cluster.Nodes).RunAsync(request, new MpiRunListener(WriteAsync, Detail, Warn), limit.Token);
            var end = await ShownAsync(request, run);
            Emit(end.Result);
            if (end.Failure is not null)
            {
                Report(end.Failure);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !StopToken.IsCancellationRequested)
        {
            throw new HpcException(
                ErrorId.RankFailed,
                $"Job {request.JobId}: {Command} did not end within {TimeoutSec} s, and its ranks were ended.",
                request.JobId);
        }
    }

    /// <summary>Shows each node as one whose ranks run until all have ended: when one of them does, the launcher alone knows.</summary>
    private async Task<MpiRunEnd> ShownAsync(MpiRequest request, Task<MpiRunEnd> run)
    {
        using var bars = FollowNodes($"Running {Command}", request.Nodes.Count, Phase.RunRanks);
        var ends = await Task.WhenAll(
            request.Nodes.Select(node => Phase.RunRanks.RunAsync(() => run, node.Name, request.JobId)));
        return ends[0];
    }

    private Task WriteAsync(IReadOnlyList<MpiOutput> lines)
    {
        if (Quiet)
        {
            return Task.CompletedTask;
        }

        EmitAll(lines);
        return CaughtUpAsync();
    }
}
