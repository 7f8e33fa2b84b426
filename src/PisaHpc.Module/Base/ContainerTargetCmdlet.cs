using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>
/// A cmdlet that does one thing to each container that is meant, on all nodes and in a node's containers at a time too. A derived one
/// says which are meant: by themselves, by their static environment, their job or their node.
/// </summary>
public abstract class ContainerTargetCmdlet : NodeCmdlet
{
    private protected const string ByObject = "InputObject";
    private protected const string ByStatic = "Static";

    private readonly List<HpcContainer> _containers = [];
    private readonly List<Ask> _asked = [];
    private readonly ConcurrentBag<HpcContainer> _found = [];
    private readonly ConcurrentBag<(string Name, string Node)> _undeclared = [];

    /// <summary>What the bar of the whole is headed, and the phase of a node; null where what comes of it shows how far it is.</summary>
    private protected virtual (string Activity, Phase Phase)? Progress => null;

    /// <summary>The nodes of what is meant, each once, in the order in which they were named.</summary>
    private protected IEnumerable<string> NodesMeant =>
        _containers.Select(container => container.Node).Concat(_asked.Select(ask => ask.Node)).Distinct();

    /// <summary>A container itself.</summary>
    private protected void Mean(HpcContainer container) => _containers.Add(container);

    /// <summary>The containers of static environments, by names with wildcards.</summary>
    private protected void MeanStatic(IEnumerable<string> names, string[] nodes) => _asked.AddRange(
        from name in names
        from node in NodesOfStatic(name, nodes)
        select new Ask(node, Static: name));

    /// <summary>The containers of jobs, by ids with wildcards.</summary>
    private protected void MeanJobs(IEnumerable<string> jobIds, string[] nodes) => _asked.AddRange(
        from jobId in jobIds
        from node in NodesOfJob(JobIdPattern.IsOne(jobId) ? JobIds.Validate(jobId) : jobId, nodes)
        select new Ask(node, JobId: jobId));

    /// <summary>Every container that runs on nodes.</summary>
    private protected void MeanNodes(string[] nodes) => _asked.AddRange(NodesOf(nodes).Select(node => new Ask(node)));

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var byNode = _containers.ToLookup(container => container.Node);
        var asked = _asked.Distinct().ToLookup(ask => ask.Node);
        var cluster = Cluster with { Throttle = NodesAtATime };
        await (Progress is { } shown
            ? OnEachAsync(cluster, shown.Activity, shown.Phase, [.. NodesMeant], ProcessNodeAsync)
            : cluster.OnEachAsync(NodesMeant, ProcessNodeAsync, StopToken));
        ReportUndeclared();
        ReportJobs();

        async Task ProcessNodeAsync(string node, CancellationToken stopping)
        {
            var engine = await Cluster.Engines.ConnectAsync(node, stopping);
            IReadOnlyList<HpcContainer> found = asked.Contains(node) ? await FindAsync(engine, [.. asked[node]], stopping) : [];
            await OnEachOfAsync(node, byNode[node].Concat(found), container => ProcessAsync(engine, container, stopping), stopping);
        }
    }

    /// <summary>Does something to each of a node's containers, <see cref="ContainersAtATime"/> of them at a time.</summary>
    private protected async Task OnEachOfAsync<T>(string node, IEnumerable<T> containers, Func<T, Task> work, CancellationToken stopping)
    {
        using var places = new SemaphoreSlim(ContainersAtATime);
        await SideBySideAsync(
            containers, container => OrReportAsync(node, () => InPlaceAsync(places, () => work(container), stopping)));
    }

    private static async Task InPlaceAsync(SemaphoreSlim places, Func<Task> work, CancellationToken stopping)
    {
        await places.WaitAsync(stopping);
        try
        {
            await work();
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>
    /// Where to look for a static environment: on the nodes named, else on those declared; one that is no longer declared can be anywhere.
    /// </summary>
    private IReadOnlyList<string> NodesOfStatic(string name, string[] named) =>
        named.Length > 0 ? NodesOf(named)
        : WildcardPattern.ContainsWildcardCharacters(name)
            ? [.. StaticNames.DefinitionsOf(this, [name], _ => { }).SelectMany(definition => definition.NodeNames()).Distinct()]
        : RequiredSite.Static.TryGetValue(name, out var declared) ? declared.NodeNames()
        : NodesOrSite([]);

    private async Task<IReadOnlyList<HpcContainer>> FindAsync(
        IContainerEngine engine, IReadOnlyList<Ask> asked, CancellationToken stopping)
    {
        var meant = asked.Select(ask => ask.Matches()).ToList();
        List<HpcContainer> found =
        [
            .. (await engine.ListAsync(ContainerLabels.FilterOfAll(), stopping))
                .Select(container => ContainerLabels.ToHpcContainer(engine.Node, container))
                .Where(container => meant.Any(matches => matches(container))),
        ];
        found.ForEach(_found.Add);
        var statics = asked.Select(ask => ask.Static).OfType<string>().Where(name => !WildcardPattern.ContainsWildcardCharacters(name));
        foreach (var name in statics.Except(found.Select(one => one.Static)).OfType<string>())
        {
            if (SiteDefinition.Static.ContainsKey(name))
            {
                Missing(engine.Node, name);
            }
            else
            {
                _undeclared.Add((name, engine.Node));
            }
        }

        if (found.Count == 0 && asked.Any(ask => ask is { Static: null, JobId: null }))
        {
            ReportNode(engine.Node, ErrorId.ContainerNotFound, $"No container that the module made runs on {engine.Node}.");
        }

        return found;
    }

    /// <summary>
    /// A name that is not declared any more is known by the containers that are left of it. One that no node has either is a slip, of which
    /// nothing is true on any node.
    /// </summary>
    private void ReportUndeclared()
    {
        foreach (var name in _undeclared.GroupBy(missing => missing.Name, missing => missing.Node))
        {
            if (_found.All(container => container.Static != name.Key))
            {
                Report(SiteDefinition.StaticNotFound(name.Key, " No node that answered has a container of it."));
                continue;
            }

            foreach (var node in name)
            {
                Missing(node, name.Key);
            }
        }
    }

    private void ReportJobs()
    {
        foreach (var jobId in _asked.Select(ask => ask.JobId).OfType<string>().Distinct().Where(JobIdPattern.IsOne)
            .Except(_found.Select(container => container.JobId).OfType<string>()))
        {
            Report(ContainerSelection.MissingJob(jobId));
        }
    }

    /// <summary>What is to be done where a node has no container of a static environment that was named.</summary>
    private protected virtual void Missing(string node, string name) =>
        ReportNode(node, ErrorId.ContainerNotFound, $"Node {node} has no container of static environment {Quote.Of(name)}.");

    /// <summary>How many nodes are at it at a time.</summary>
    private protected virtual int NodesAtATime => ThrottleLimit;

    /// <summary>How many of a node's containers it is done in at a time.</summary>
    private protected virtual int ContainersAtATime => int.MaxValue;

    private protected abstract Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping);

    /// <summary>Containers that are asked for on a node: of a static environment, of a job, or all that run.</summary>
    private sealed record Ask(string Node, string? Static = null, string? JobId = null)
    {
        public Func<HpcContainer, bool> Matches()
        {
            if (Static is not null)
            {
                var pattern = new WildcardPattern(Static);
                return container => container.Static is { } name && pattern.IsMatch(name);
            }

            if (JobId is not null)
            {
                var job = JobIdPattern.OfOwner(JobId);
                return container => job(container.JobId);
            }

            return container => container.State == nameof(ContainerState.Running);
        }
    }
}
