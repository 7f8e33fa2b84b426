using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>Reads containers' logs line by line, those of all of them in the order of their time.</summary>
[Cmdlet(VerbsCommon.Get, "HpcContainerLog", DefaultParameterSetName = ByObject)]
[OutputType(typeof(HpcContainerLogLine))]
public sealed class GetHpcContainerLogCommand : ContainerTargetCmdlet
{
    private const string ByJob = "Job";
    private const string ByNode = "Node";

    /// <summary>After how many lines the pipeline is waited for.</summary>
    private const int LinesAtOnce = 256;

    private readonly ConcurrentQueue<(IContainerEngine Engine, HpcContainer Container)> _found = new();

    /// <summary>A container, from Start-HpcContainer or Get-HpcContainer.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByObject)]
    public HpcContainer InputObject { get; set; } = null!;

    /// <summary>The containers of jobs; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByJob)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = [];

    /// <summary>The containers of static environments, by name; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByStatic)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>
    /// Only on these nodes; alone, every container that runs there. With neither a node the nodes of the job, or those declared for the
    /// static environment.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ByNode)]
    [Parameter(ParameterSetName = ByJob)]
    [Parameter(ParameterSetName = ByStatic, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Only the last so many lines of each container.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Only lines of this time and later.</summary>
    [Parameter]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Goes on until the containers end.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Writes the lines of each container as soon as they are there, and not in the order of their time.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <summary>A log that is followed does not end, so that the next would never have its turn.</summary>
    private protected override int NodesAtATime => Follow ? int.MaxValue : ThrottleLimit;

    /// <summary>For the same reason the lines of one that is followed wait for no other's.</summary>
    private protected override bool IsInOrder => IsMerged;

    /// <summary>Nor do its errors.</summary>
    private protected override bool FoldsErrors => !Follow;

    private bool IsMerged => !Follow && !Unordered;

    private LogPart Part => new(Tail, Follow, Since);

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        switch (ParameterSetName)
        {
            case ByObject:
                Mean(InputObject);
                break;
            case ByJob:
                MeanJobs(JobId, Node);
                break;
            case ByStatic:
                MeanStatic(Static, Node);
                break;
            default:
                MeanNodes(Node);
                break;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await base.EndAsync();
        (IContainerEngine Engine, HpcContainer Container)[] logs =
        [
            .. _found.OrderBy(log => log.Container.Node, StringComparer.Ordinal).ThenBy(log => log.Container.Name, StringComparer.Ordinal),
        ];
        await WriteAsync(new LogMerge(Part, NodeTimeout, ThrottleLimit, ReportNode).ReadAsync(logs, StopToken));
    }

    /// <summary>What is merged begins when all containers have been found.</summary>
    private protected override Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        if (IsMerged)
        {
            _found.Enqueue((engine, container));
            return Task.CompletedTask;
        }

        return WriteAsync(engine.ReadLogAsync(container.Id, Part, stopping).Select(line => LogMerge.LineOf(container, line)));
    }

    private async Task WriteAsync(IAsyncEnumerable<HpcContainerLogLine> lines)
    {
        var count = 0;
        await foreach (var line in lines)
        {
            Emit(line);
            if (++count % LinesAtOnce == 0)
            {
                await CaughtUpAsync();
            }
        }
    }
}
