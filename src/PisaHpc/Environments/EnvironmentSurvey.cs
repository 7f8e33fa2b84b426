using System.Collections.Concurrent;
using System.Threading.Channels;
using PisaHpc.Access;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Environments;

/// <summary>
/// Looks at nodes with all static environments that are declared for them. An engine is asked in two rounds, for its containers and for an
/// inspection of each that is declared; then the node by one command, whose facts a plan needs, and in which all sshds greet. Beside that
/// one engine asks the registry. The engines' images are asked for where no container tells the id of the one that is wanted. Nothing is
/// changed.
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

    /// <summary>What has to prove that what runs is ready.</summary>
    public ReadinessProof Proof { get; init; } = ReadinessProof.WayIn;

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
        var digests = new DigestResolver(WantedBy(environments.Values), (image, failure) => Unresolved(image.Name, failure));
        var looks = await LookAsync(declared, environments, digests, cancellationToken);
        looks = await WithImagesAsync(looks, digests, cancellationToken);
        var images = digests.Wanted.ToDictionary(
            image => image.Reference.ToString(), image => new Lazy<PlannedImage>(() => AgreedOf(image, digests.Find(image), looks)));
        await cluster.OnEachAsync(
            declared.Keys.Where(looks.ContainsKey),
            async (node, stopping) => await answered(await StateOfAsync(node, stopping), stopping),
            cancellationToken,
            phase: Phase.CompareNode);

        async Task<EnvironmentState> StateOfAsync(string node, CancellationToken stopping)
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
                    var container = look.Engine.Containers.FirstOrDefault(container => container.Name == name);
                    unplanned.Add(new UnplannedContainer(node, definition.Name, name, failure, container));
                }
            }

            var found = await Task.WhenAll(plans.Select(plan => CompareAsync(plan, look, stopping)));
            return new EnvironmentState(node, found, look.Engine.Containers) { Unplanned = unplanned, Now = look.Now };
        }
    }

    /// <summary>Looks at the nodes, and has the registry asked meanwhile, by the first engines that answer.</summary>
    private async Task<IReadOnlyDictionary<string, EnvironmentLook>> LookAsync(
        IReadOnlyDictionary<string, IReadOnlyList<StaticDefinition>> declared,
        Dictionary<string, HpcEnvironment> environments,
        DigestResolver digests,
        CancellationToken cancellationToken)
    {
        var looks = new ConcurrentDictionary<string, EnvironmentLook>(StringComparer.Ordinal);
        var askers = Channel.CreateUnbounded<string>();
        var settled = ImageSurvey.SettleAsync(cluster, askers.Reader.ReadAllAsync(cancellationToken), digests, cancellationToken);
        try
        {
            await cluster.ForSurvey().OnEachAsync(
                declared.Keys,
                async (node, stopping) => looks[node] = await LookAtAsync(node, stopping),
                cancellationToken,
                phase: Phase.Survey);
        }
        finally
        {
            askers.Writer.Complete();
            await settled;
        }

        return looks;

        async Task<EnvironmentLook> LookAtAsync(string node, CancellationToken stopping)
        {
            var paths = declared[node].SelectMany(definition => planner.PathsOf(definition, environments[definition.Name])).Distinct();
            var connection = await cluster.Nodes.ConnectAsync(node, stopping);
            var engine = await cluster.Engines.ConnectAsync(node, stopping);
            var asking = AskEngineAsync(node, engine, stopping);
            var logins = Proof == ReadinessProof.Greeting ? (await asking).LoginsOn(node) : [];
            var probing = StaticProbe.ReadAsync(connection, paths, logins, ReadyLimit, stopping);
            await Task.WhenAll(asking, probing);
            var (facts, greetings, now) = await probing;
            return new EnvironmentLook(facts, await asking, greetings) { Now = now };
        }

        async Task<ContainerAnswers> AskEngineAsync(string node, IContainerEngine engine, CancellationToken stopping)
        {
            var answers = await ContainerAnswers.AskAsync(engine, declared[node].Select(definition => definition.Name), stopping);
            askers.Writer.TryWrite(node);
            return answers;
        }
    }

    private static List<WantedImage> WantedBy(IEnumerable<HpcEnvironment> environments) =>
    [
        .. environments.GroupBy(environment => environment.Image)
            .Select(image => new WantedImage(ImageReference.Parse(image.Key), [.. image.Select(environment => environment.Name)])),
    ];

    /// <summary>Asks for the nodes' images too, where they alone say which one is meant, or what id it has.</summary>
    private async Task<IReadOnlyDictionary<string, EnvironmentLook>> WithImagesAsync(
        IReadOnlyDictionary<string, EnvironmentLook> looks, DigestResolver digests, CancellationToken cancellationToken)
    {
        if (digests.Wanted.All(image => digests.Find(image) is { } digest && looks.Values.Any(look => look.ImageIdOf(digest) is not null)))
        {
            return looks;
        }

        var all = new ConcurrentDictionary<string, EnvironmentLook>(StringComparer.Ordinal);
        await cluster.ForSurvey().OnEachAsync(
            looks.Keys,
            async (node, stopping) =>
            {
                var engine = await cluster.Engines.ConnectAsync(node, stopping);
                all[node] = looks[node] with { Images = await engine.Images.ListAsync(stopping) };
            },
            cancellationToken,
            phase: Phase.Survey);
        return all;
    }

    /// <summary>
    /// The one image of a name, for all nodes: the registry's, else the one that the nodes agree on, or the failure to.
    /// </summary>
    private static PlannedImage AgreedOf(WantedImage image, string? digest, IReadOnlyDictionary<string, EnvironmentLook> looks) =>
        digest is null
            ? PlannedImage.Agree(image.Reference.ToString(), looks.ToDictionary(look => look.Key, look => image.NamedIn(look.Value.Images)))
            : new PlannedImage(
                image.Reference.At(digest).ToString(),
                looks.Values.Select(look => look.ImageIdOf(digest)).FirstOrDefault(id => id is not null),
                digest);

    /// <summary>Compares a planned container with what was seen in its place; what was not proved yet is proved now.</summary>
    private async Task<ComparedContainer> CompareAsync(HpcContainerPlan plan, EnvironmentLook look, CancellationToken cancellationToken)
    {
        if (ContainerAnswers.Find(look.Engine.Containers, plan.Static!) is not { } container)
        {
            return OtherThan(plan, look.Engine.Containers);
        }

        var inspection = look.Engine.Inspections.GetValueOrDefault(container.Id);
        var refusal = Proof == ReadinessProof.None ? null
            : inspection?.ProcessId is { } first && look.Greetings.TryGetValue(first, out var greeting) ? greeting
            : await EnterAsync(plan, container, engine: null, ReadyLimit, cancellationToken);
        return new ComparedContainer(plan, new FoundContainer(container, inspection, refusal));
    }

    /// <summary>Looks at what a node has in place of a planned container, and proves the way into what runs.</summary>
    /// <param name="engine">The node's engine.</param>
    /// <param name="containers">The node's containers; those of the static environment are enough.</param>
    /// <param name="readyLimit">How long it may take to let somebody in; null for <see cref="ReadyLimit"/>.</param>
    internal async Task<ComparedContainer> FindAsync(
        IContainerEngine engine,
        HpcContainerPlan plan,
        IReadOnlyList<EngineContainer> containers,
        CancellationToken cancellationToken,
        TimeSpan? readyLimit = null)
    {
        if (ContainerAnswers.Find(containers, plan.Static!) is not { } container)
        {
            return OtherThan(plan, containers);
        }

        var inspecting = engine.InspectAsync(container.Id, cancellationToken);
        var entering = EnterAsync(plan, container, engine, readyLimit ?? ReadyLimit, cancellationToken);
        await Task.WhenAll(inspecting, entering);
        return new ComparedContainer(plan, new FoundContainer(container, await inspecting, await entering));
    }

    /// <summary>A node that has nothing in place of a planned container, or what somebody else made.</summary>
    private static ComparedContainer OtherThan(HpcContainerPlan plan, IEnumerable<EngineContainer> containers) =>
        new(plan, new FoundContainer(containers.FirstOrDefault(container => container.Name == plan.Name), null, null));

    /// <summary>Why nobody gets into a container that runs; null where that is not so.</summary>
    private async Task<string?> EnterAsync(
        HpcContainerPlan plan, EngineContainer container, IContainerEngine? engine, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (container.State != ContainerState.Running)
        {
            return null;
        }

        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        engine ??= await cluster.Engines.ConnectAsync(plan.Node, cancellationToken);
        try
        {
            var access = ContainerLabels.ToHpcContainer(plan.Node, container).GetAccess();
            return await access.TryAsync(new ContainerEntry(connection, engine, container.Id), limit, cancellationToken);
        }
        catch (HpcException damaged) when (damaged.Id == ErrorId.InvalidValue)
        {
            return damaged.Message;
        }
    }
}

/// <summary>What has to prove that a container which runs is ready.</summary>
public enum ReadinessProof
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A greeting by its sshd, with no key exchange, and no drain that keeps users out.</summary>
    Greeting,

    /// <summary>Its way in, as a start waits for it: the host key, and a command in it.</summary>
    WayIn,
}
