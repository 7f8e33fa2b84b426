using System.Collections.Concurrent;
using System.Globalization;
using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.Jobs;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using JobState = PisaHpc.Jobs.JobState;

namespace PisaHpc.Module.Commands;

/// <summary>Waits until jobs are in a state, as nodes and port area show it.</summary>
[Cmdlet(VerbsLifecycle.Wait, "HpcJob")]
[OutputType(typeof(HpcJob))]
public sealed class WaitHpcJobCommand : NodeCmdlet
{
    /// <summary>The jobs that are waited for and not there yet, each as it was seen last.</summary>
    private readonly OrderedDictionary<string, HpcJob> _awaited = [];
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);
    private bool _isFirst = true;

    /// <summary>The nodes that did not answer in the last look: what they have of a job is asked for again.</summary>
    private string[] _unheard = [];

    /// <summary>The jobs, by their ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = [];

    /// <summary>The states, of which any will do.</summary>
    [Parameter(Position = 1)]
    [ValidateSet(
        nameof(JobState.Running),
        nameof(JobState.Stopped),
        nameof(JobState.Degraded),
        nameof(JobState.Leftover),
        nameof(JobState.Starting))]
    public string[] State { get; set; } = [nameof(JobState.Running)];

    /// <summary>The nodes to ask beside those that leases name; the site's nodes when none is named.</summary>
    [Parameter]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>The time between two looks, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int IntervalSec { get; set; } = 2;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        foreach (var id in JobId)
        {
            _awaited.TryAdd(JobIdPattern.One(id, "Wait-HpcJob"), HpcJob.None(id));
        }

        _nodes.UnionWith(NodesOf(Node));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        limit.CancelAfter(NodeTimeout);
        using var interval = new PeriodicTimer(TimeSpan.FromSeconds(IntervalSec));
        try
        {
            while (_awaited.Count > 0)
            {
                await LookAsync(limit.Token);
                Show(new ProgressRecord(1, $"Waiting until jobs are {string.Join(" or ", State)}", Standing));
                if (_awaited.Count > 0)
                {
                    await interval.WaitForNextTickAsync(limit.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!StopToken.IsCancellationRequested)
        {
            foreach (var job in _awaited.Values)
            {
                Report(new HpcException(
                    ErrorId.JobNotInState,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Job {job.JobId} is {job.State}, and was not {string.Join(" or ", State)} within {TimeoutSec} s."),
                    job.JobId));
            }
        }

        Show(new ProgressRecord(1, "Waiting for jobs", "done") { RecordType = ProgressRecordType.Completed });
    }

    /// <summary>The jobs that are waited for still, with what each is.</summary>
    private string Standing => _awaited.Count == 0 ? "done" : string.Join(", ", _awaited.Values.Select(job => $"{job.JobId}: {job.State}"));

    /// <summary>
    /// Where to look for a job. One that is nowhere at first will have a lease when it starts, so that the site is asked once, and in every
    /// look only where there are no leases.
    /// </summary>
    private IEnumerable<string> NodesOf(HpcJob job) => _isFirst || SitePorts is null
        ? NodesOfJob(job.JobId, _nodes)
        : _nodes.Union(job.Nodes.Select(node => node.Name));

    /// <summary>
    /// Looks once. A node that is down says nothing of a job; where one does not answer, a job of which nothing was found is not said to
    /// have stopped.
    /// </summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var silent = new ConcurrentBag<string>();
        var cluster = Cluster with
        {
            NodeTimeout = Cluster.ShortWork,
            Failed = failure =>
            {
                silent.Add(failure.Node);
                ReportOnce(failure);
            },
        };
        string[] ids = [.. _awaited.Keys];
        string[] nodes = [.. ids.SelectMany(id => NodesOf(_awaited[id])).Union(_unheard)];
        _isFirst = false;
        var found = await new JobFinder(cluster, SitePorts).LookAsync(ids, nodes, cancellationToken);
        _unheard = [.. silent];
        EndRound();
        foreach (var node in found.Answered)
        {
            Answered(node);
        }

        var jobs = found.Jobs.ToDictionary(job => job.JobId, StringComparer.Ordinal);
        foreach (var id in ids)
        {
            var job = jobs.GetValueOrDefault(id) ?? HpcJob.None(id) with
            {
                State = !silent.IsEmpty ? nameof(JobState.NotFound) : nameof(JobState.Stopped),
            };
            if (State.Contains(job.State, StringComparer.OrdinalIgnoreCase))
            {
                _awaited.Remove(id);
                Emit(job);
            }
            else
            {
                _awaited[id] = job;
            }
        }
    }
}
