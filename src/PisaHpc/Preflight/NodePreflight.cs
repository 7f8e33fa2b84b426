using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Preflight;

/// <summary>Gathers what the checks of a node need, side by side, and has them judge it.</summary>
internal static class NodePreflight
{
    private const string SshCheck = "Ssh";

    /// <summary>Checks a node.</summary>
    /// <param name="request">What it should be fit for, and the checks to make.</param>
    /// <param name="clock">This machine's clock.</param>
    /// <param name="cancellationToken">Interrupts; nothing is left on the node.</param>
    /// <returns>A row for each check; one alone, of ssh, for a node that does not answer.</returns>
    public static async Task<IReadOnlyList<HpcNodeCheck>> RunAsync(
        Cluster cluster, string node, PreflightRequest request, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
            var evidence = await GatherAsync(connection, cluster.Engines, request, clock, cancellationToken);
            return [.. request.Checks.Select(check => Row(node, check.Name, check.Examine(evidence)))];
        }
        catch (HpcException failure)
        {
            return [Unreachable(node, failure)];
        }
    }

    /// <summary>The only row of a node that does not answer.</summary>
    public static HpcNodeCheck Unreachable(string node, HpcException failure)
    {
        var remedy = failure.Id == ErrorId.NodeTimeout
            ? "Allow it more time with -TimeoutSec. If that is not enough, see what keeps it: its load, a file system that hangs (findmnt)."
            : $"Check that the node is up and that its sshd answers: ssh {node} true.";
        return Row(node, SshCheck, CheckFinding.Failed($"{failure.Id}: {failure.Message}", failure.RecommendedAction ?? remedy));
    }

    private static async Task<NodeEvidence> GatherAsync(
        INodeConnection connection,
        IEngineConnector engines,
        PreflightRequest request,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var needs = request.Checks.Aggregate(EvidenceKinds.None, (all, check) => all | check.Needs);
        var asked = needs.HasFlag(EvidenceKinds.Paths) ? PathsOf(request) : [];
        var paths = GatherAsync(
            EvidenceKinds.Paths, request, () => PathProbe.ReadAsync(connection, asked, PathProbe.Patience, cancellationToken));
        var others = AskEngineAndNodeAsync(connection, engines, needs, request, clock, cancellationToken);
        await Task.WhenAll(paths, others);
        return (await others) with { Paths = await paths };
    }

    /// <summary>Asks for what only some of the checks have to know, by whose names that is told.</summary>
    private static Task<T> GatherAsync<T>(EvidenceKinds kind, PreflightRequest request, Func<Task<T>> ask)
    {
        string[] checks = [.. request.Checks.Where(check => check.Needs.HasFlag(kind)).Select(check => check.Name)];
        return checks.Length == 0 ? ask() : Phase.GatherEvidence.RunAsync(ask, detail: string.Join(", ", checks));
    }

    /// <summary>The engine first: it knows which of the node's directories the node is asked about.</summary>
    private static async Task<NodeEvidence> AskEngineAndNodeAsync(
        INodeConnection connection,
        IEngineConnector engines,
        EvidenceKinds needs,
        PreflightRequest request,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var node = connection.Node;
        var engine = await AskEngineAsync(engines, node, cancellationToken);
        var facts = PreflightFacts.ReadAsync(
            connection, engine.Details?.RootDirectory ?? "", request.Site, request.Users.Keys, clock, cancellationToken);
        var containers = engine.Details is { } details && needs.HasFlag(EvidenceKinds.Container)
            ? GatherAsync(
                EvidenceKinds.Container,
                request,
                () => ContainerLimitsProbe.RunAsync(engines, node, details.Now, request, cancellationToken))
            : Nothing<ContainerProbe>();
        var registries = engine.Details is not null && needs.HasFlag(EvidenceKinds.Registry)
            ? GatherAsync(EvidenceKinds.Registry, request, () => AskRegistriesAsync(engines, node, request, cancellationToken))
            : Nothing<RegistryAnswer>();
        await Task.WhenAll(facts, containers, registries);
        return new NodeEvidence
        {
            Node = node,
            Request = request,
            Facts = await facts,
            Engine = engine.Info,
            Details = engine.Details,
            EngineFailure = engine.Failure,
            Containers = await containers,
            Registries = await registries,
        };
    }

    private static async Task<EngineEvidence> AskEngineAsync(IEngineConnector engines, string node, CancellationToken cancellationToken)
    {
        try
        {
            return await TimedEngineRequest.AskAsync(
                engines,
                node,
                async (engine, stopping) => new EngineEvidence(engine.Info, await engine.DescribeAsync(stopping), null),
                TimedEngineRequest.Limit,
                cancellationToken);
        }
        catch (HpcException failure)
        {
            return new EngineEvidence(null, null, failure);
        }
    }

    /// <summary>The engine asks, with its own trust and its own way there: that is how it would pull.</summary>
    private static async Task<IReadOnlyList<RegistryAnswer>> AskRegistriesAsync(
        IEngineConnector engines, string node, PreflightRequest request, CancellationToken cancellationToken)
    {
        var images = request.Environments.Select(environment => environment.Image).Distinct(StringComparer.Ordinal);
        return await Task.WhenAll(images.Where(image => ImageReference.Parse(image).Registry is not null).Select(AskAsync));

        async Task<RegistryAnswer> AskAsync(string image)
        {
            try
            {
                var engine = await engines.ConnectAsync(node, cancellationToken);
                _ = await engine.Images.ResolveAsync(image, cancellationToken);
                return new RegistryAnswer(image, null);
            }
            catch (HpcException failure)
            {
                return new RegistryAnswer(image, failure);
            }
        }
    }

    private static IReadOnlyCollection<string> PathsOf(PreflightRequest request)
    {
        var paths = request.Environments.SelectMany(environment => environment.NodePaths);
        var shared = Checks.PortAreaCheck.PathsOf(request.Site).Concat(Checks.RecordsCheck.PathsOf(request.Site));
        return [.. paths.Concat(shared).Distinct(StringComparer.Ordinal)];
    }

    private static Task<IReadOnlyList<T>> Nothing<T>() => Task.FromResult<IReadOnlyList<T>>([]);

    private static HpcNodeCheck Row(string node, string check, CheckFinding finding) => new()
    {
        Node = node,
        Check = check,
        Result = finding.Result.ToString(),
        Evidence = finding.Evidence,
        Remedy = finding.Remedy,
    };

    private sealed record EngineEvidence(EngineInfo? Info, EngineDetails? Details, HpcException? Failure);
}
