using System.Collections.Concurrent;
using PisaHpc.Access;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// Looks at nodes with all static environments that are declared for them: by one command and two lists of the engine, then an inspection
/// and a login for each container that is declared. Nothing is changed.
/// </summary>
/// <param name="cluster">Told of each node that does not answer, or for which something cannot be planned.</param>
/// <param name="planner">Plans what is declared.</param>
public sealed class EnvironmentSurvey(Cluster cluster, HpcSite site, StaticPlanner planner)
{
    /// <summary>How long an answer may take before a container counts as not ready, when nobody says.</summary>
    public static readonly TimeSpan UsualReadyLimit = TimeSpan.FromSeconds(5);

    /// <summary>The same for this one; at least a second.</summary>
    public TimeSpan ReadyLimit { get; init; } = UsualReadyLimit;

    /// <summary>Told of an image whose digest the registry did not tell: what the nodes hold is what is wanted, then.</summary>
    public Action<string, HpcException> Unresolved { get; init; } = (_, _) => { };

    /// <summary>Whether to look if what runs is ready.</summary>
    public bool AsksReadiness { get; init; } = true;

    /// <summary>Reads nodes, side by side.</summary>
    /// <param name="declared">What is meant of the declarations of each node.</param>
    /// <param name="answered">Given each node's state; from any thread.</param>
    public async Task ReadAsync(
        IReadOnlyDictionary<string, IReadOnlyList<StaticDefinition>> declared,
        Func<EnvironmentState, CancellationToken, Task> answered,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(declared);
        var environments = declared.Values.SelectMany(definitions => definitions).DistinctBy(definition => definition.Name)
            .ToDictionary(definition => definition.Name, definition => EnvironmentResolver.Resolve(site, definition));
        var looks = await LookAsync(declared, environments, cancellationToken);
        var images = await AgreeAsync(environments.Values, looks, cancellationToken);
        await cluster.OnEachAsync(
            declared.Keys.Where(looks.ContainsKey),
            async (node, stopping) => await answered(await CompareAsync(node, stopping), stopping),
            cancellationToken,
            phase: Phase.CompareNode);

        async Task<EnvironmentState> CompareAsync(string node, CancellationToken stopping)
        {
            var (look, plans, unplanned) = (looks[node], new List<HpcContainerPlan>(), new List<UnplannedContainer>());
            foreach (var definition in declared[node])
            {
                try
                {
                    var environment = environments[definition.Name];
                    plans.Add(planner.Plan(definition, environment, look.Facts, images[environment.Image].Value));
                }
                catch (HpcException failure)
                {
                    var name = ContainerNames.OfStatic(definition.Name);
                    var container = look.Containers.FirstOrDefault(container => container.Name == name);
                    unplanned.Add(new UnplannedContainer(node, definition.Name, name, failure, container));
                }
            }

            var found = await Task.WhenAll(plans.Select(plan => FindAsync(plan, look.Containers, stopping)));
            return new EnvironmentState(node, found, look.Containers) { Unplanned = unplanned };
        }
    }

    private async Task<IReadOnlyDictionary<string, NodeLook>> LookAsync(
        IReadOnlyDictionary<string, IReadOnlyList<StaticDefinition>> declared,
        Dictionary<string, HpcEnvironment> environments,
        CancellationToken cancellationToken)
    {
        var looks = new ConcurrentDictionary<string, NodeLook>(StringComparer.Ordinal);
        await cluster.ForSurvey().OnEachAsync(
            declared.Keys,
            async (node, stopping) =>
            {
                var paths = declared[node].SelectMany(definition => planner.PathsOf(definition, environments[definition.Name])).Distinct();
                var facts = NodeProbe.ReadAsync(await cluster.Nodes.ConnectAsync(node, stopping), paths, stopping);
                var engine = await cluster.Engines.ConnectAsync(node, stopping);
                var containers = engine.ListAsync(new Dictionary<string, string?>(), stopping);
                var images = engine.Images.ListAsync(stopping);
                await Task.WhenAll(facts, containers, images);
                looks[node] = new NodeLook(await facts, await containers, await images);
            },
            cancellationToken,
            phase: Phase.Survey);
        return looks;
    }

    /// <summary>
    /// The one image of each name, found once for all nodes: the registry's, else the one that the nodes agree on, or the failure to.
    /// </summary>
    private async Task<IReadOnlyDictionary<string, Lazy<PlannedImage>>> AgreeAsync(
        IEnumerable<HpcEnvironment> environments, IReadOnlyDictionary<string, NodeLook> looks, CancellationToken cancellationToken)
    {
        var wanted = environments.GroupBy(environment => environment.Image)
            .Select(image => new WantedImage(ImageReference.Parse(image.Key), [.. image.Select(environment => environment.Name)]))
            .ToList();
        var digests = new DigestResolver(wanted, (image, failure) => Unresolved(image.Name, failure));
        var askers = looks.Keys.Order(StringComparer.Ordinal).ToAsyncEnumerable();
        await ImageSurvey.SettleAsync(cluster, askers, digests, cancellationToken);
        return wanted.ToDictionary(
            image => image.Reference.ToString(), image => new Lazy<PlannedImage>(() => AgreedOf(image, digests.Find(image), looks)));
    }

    private static PlannedImage AgreedOf(WantedImage image, string? digest, IReadOnlyDictionary<string, NodeLook> looks)
    {
        if (digest is null)
        {
            return PlannedImage.Agree(image.Reference.ToString(), looks.ToDictionary(
                look => look.Key, look => image.NamedIn(look.Value.Images)));
        }

        var held = looks.Values.SelectMany(look => look.Images).FirstOrDefault(stored => stored.Has(digest));
        return new PlannedImage(image.Reference.At(digest).ToString(), held?.Id, digest);
    }

    /// <summary>Looks at what a node has in place of a planned container.</summary>
    /// <param name="containers">The node's containers; those of the static environment are enough.</param>
    internal async Task<ComparedContainer> FindAsync(
        HpcContainerPlan plan, IReadOnlyList<EngineContainer> containers, CancellationToken cancellationToken)
    {
        var container = containers.FirstOrDefault(container => container.Name == plan.Name);
        if (container is null || ContainerLabels.WorkloadOf(container) != plan.Workload)
        {
            return new ComparedContainer(plan, new FoundContainer(container, null, null));
        }

        var engine = await cluster.Engines.ConnectAsync(plan.Node, cancellationToken);
        var specification = engine.SpecificationAsync(container.Id, cancellationToken);
        var refusal = TryAsync(engine, plan, container, cancellationToken);
        await Task.WhenAll(specification, refusal);
        return new ComparedContainer(plan, new FoundContainer(container, await specification, await refusal));
    }

    private async Task<string?> TryAsync(
        IContainerEngine engine, HpcContainerPlan plan, EngineContainer container, CancellationToken cancellationToken)
    {
        if (!AsksReadiness || container.State != ContainerState.Running)
        {
            return null;
        }

        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        try
        {
            var access = ContainerLabels.ToHpcContainer(plan.Node, container).GetAccess();
            return await access.TryAsync(new ContainerEntry(connection, engine, container.Id), ReadyLimit, cancellationToken);
        }
        catch (HpcException damaged) when (damaged.Id == ErrorId.InvalidValue)
        {
            return damaged.Message;
        }
    }

    private sealed record NodeLook(NodeFacts Facts, IReadOnlyList<EngineContainer> Containers, IReadOnlyList<StoredImage> Images);
}

/// <summary>A declared container beside what the node has in its place.</summary>
public sealed record ComparedContainer(HpcContainerPlan Plan, FoundContainer Found)
{
    /// <summary>How the two differ.</summary>
    public IReadOnlyList<HpcEnvironmentDifference> Differences() => EnvironmentComparison.Of(Plan, Found);
}

/// <summary>What a node has of static environments.</summary>
/// <param name="Node">The node.</param>
/// <param name="Declared">What is declared for it, and meant.</param>
/// <param name="Containers">All of its containers.</param>
public sealed record EnvironmentState(
    string Node, IReadOnlyList<ComparedContainer> Declared, IReadOnlyList<EngineContainer> Containers)
{
    /// <summary>What is declared for it, and meant, and cannot be planned.</summary>
    public IReadOnlyList<UnplannedContainer> Unplanned { get; init; } = [];

    /// <summary>How what is declared and what is there differ.</summary>
    public IEnumerable<HpcEnvironmentDifference> Differences() =>
        Declared.SelectMany(container => container.Differences()).Concat(Unplanned.SelectMany(EnvironmentComparison.Of));
}

/// <summary>
/// A declared container that cannot be planned for a node: what it needs is not there, or nobody knows which image is meant.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Static">The static environment.</param>
/// <param name="Name">The container's name.</param>
/// <param name="Failure">Why it cannot be planned.</param>
/// <param name="Container">The container of its name; null when there is none.</param>
public sealed record UnplannedContainer(string Node, string Static, string Name, HpcException Failure, EngineContainer? Container);
