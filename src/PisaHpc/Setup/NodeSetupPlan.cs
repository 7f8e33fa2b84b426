using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Setup;

/// <summary>What is to be done to make a node fit. It is made by reading the node and never by changing it.</summary>
internal sealed record NodeSetupPlan
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The site.</summary>
    public required HpcSite Site { get; init; }

    /// <summary>What stands there.</summary>
    public required SetupFacts Facts { get; init; }

    /// <summary>What becomes of the engine's configuration.</summary>
    public required EngineConfigurationPlan Configuration { get; init; }

    /// <summary>What the engine says of itself; null when none runs.</summary>
    public EngineDetails? Engine { get; init; }

    /// <summary>The registry's certificate that has to be put there; null when it is there, or none is asked for.</summary>
    public byte[]? Certificate { get; init; }

    /// <summary>What next steps call the parts of the engine.</summary>
    public EngineTerms Terms => Site.Nodes.EngineAdministration.Terms;

    /// <summary>What has the engine take its configuration up.</summary>
    public EngineAction Action => Configuration.Action;

    /// <summary>Whether the configuration's file has to be written.</summary>
    public bool WritesConfig => Configuration.ChangedKeys.Count > 0;

    /// <summary>Whether there is anything to do.</summary>
    public bool Changes =>
        WritesConfig || Action != EngineAction.None || Certificate is not null || MakesRunDirectory || MakesPortArea || MakesRecords;

    /// <summary>Whether the directory for jobs' files has to be made.</summary>
    public bool MakesRunDirectory => !Facts.HasRunDirectory;

    /// <summary>Whether ports of the area have to be made.</summary>
    public bool MakesPortArea => Site.PortArea is not null && (!Facts.HasArea || Facts.MissingPorts > 0);

    /// <summary>Whether the directory for records of ended jobs has to be made.</summary>
    public bool MakesRecords => Site.Records is not null && !Facts.HasRecords;

    /// <summary>Plans a node.</summary>
    /// <param name="certificate">The registry's certificate, where the site names one.</param>
    /// <exception cref="HpcException">
    /// The ids of <see cref="IEngineAdministration.PlanConfiguration"/>; <see cref="ErrorId.EngineTooOld"/>,
    /// <see cref="ErrorId.EngineUnavailable"/>, <see cref="ErrorId.EngineTimeout"/>: one runs and cannot be asked;
    /// <see cref="ErrorId.PortAreaMissing"/>, <see cref="ErrorId.RecordsMissing"/>: the directory that the port area, or that of the
    /// records, should lie in is not there.
    /// </exception>
    public static async Task<NodeSetupPlan> ReadAsync(
        INodeConnection connection, IEngineConnector engines, HpcSite site, byte[]? certificate, CancellationToken cancellationToken)
    {
        var facts = await SetupFacts.ReadAsync(connection, site, cancellationToken);
        if (site.PortArea is { } area && !facts.HasAreaParent)
        {
            throw new HpcException(
                ErrorId.PortAreaMissing,
                $"Node {connection.Node} has no {area.Path[..area.Path.LastIndexOf('/')]}, in which the port area {area.Path} lies.",
                connection.Node,
                "Mount the shared file system on the node: a port area on its own disk would be shared with nobody.");
        }

        if (site.Records is { Directory: var records } && !facts.HasRecordsParent)
        {
            throw new HpcException(
                ErrorId.RecordsMissing,
                $"Node {connection.Node} has no {records[..records.LastIndexOf('/')]}, in which the directory of records {records} lies.",
                connection.Node,
                "Mount the shared file system on the node: records on its own disk would be seen from nowhere else.");
        }

        var engine = await AskAsync(engines, connection.Node, facts.Engine, site, cancellationToken);
        return new NodeSetupPlan
        {
            Node = connection.Node,
            Site = site,
            Facts = facts,
            Engine = engine,
            Configuration = site.Nodes.EngineAdministration.PlanConfiguration(new EngineConfigurationRequest
            {
                Node = connection.Node,
                Facts = facts.Engine,
                Engine = engine,
                Settings = site.Engine,
                Registry = site.Registry,
                Trial = ContainerNames.NewAttempt(),
            }),
            Certificate = certificate is not null && facts.Certificate?.AsSpan().SequenceEqual(certificate) != true ? certificate : null,
        };
    }

    /// <summary>The lines of a diff of the configuration; empty when it stays.</summary>
    public IReadOnlyList<string> Diff() => WritesConfig ? LineDiff.Of(Configuration.CurrentText, Configuration.WantedText) : [];

    /// <summary>Each change in words.</summary>
    public IReadOnlyList<string> InWords() =>
    [
        .. new[]
        {
            WritesConfig ? $"{Facts.Engine.File}: set {string.Join(", ", Configuration.ChangedKeys)}" : null,
            Action switch
            {
                EngineAction.Reload => "engine: reload its configuration",
                EngineAction.Restart when Engine is null => "engine: restart it, since none runs",
                EngineAction.Restart when Engine.RunningContainers == 1 => "engine: restart it; 1 running container goes on",
                EngineAction.Restart => $"engine: restart it; {Engine.RunningContainers} running containers go on",
                _ => null,
            },
            Certificate is null ? null : $"{Facts.CertificateFile}: put the registry's certificate",
            MakesRunDirectory ? $"{Site.RunDirectory}: make the directory" : null,
            MakesPortArea ? $"{Site.PortArea!.Path}: make {Plural.Of(Facts.MissingPorts, "port")}" : null,
            MakesRecords ? $"{Site.Records!.Directory}: make the directory" : null,
        }.OfType<string>(),
    ];

    /// <summary>What would be done.</summary>
    public HpcNodeSetup Predict() => new()
    {
        Node = Node,
        Changed = Changes,
        EngineAction = Action.ToString(),
        Changes = InWords(),
        Diff = Diff(),
        ContainersKept = Action == EngineAction.Restart ? Engine?.RunningContainers ?? 0 : 0,
    };

    /// <summary>
    /// An engine that is down has its file changed and is started; its containers, if any are left, go on. One that runs and cannot be
    /// asked could not be told to keep its containers before it ends: so it is left alone.
    /// </summary>
    private static async Task<EngineDetails?> AskAsync(
        IEngineConnector engines, string node, EngineFacts facts, HpcSite site, CancellationToken cancellationToken)
    {
        if (facts.ConnectingStarts)
        {
            return null;
        }

        try
        {
            return await TimedEngineRequest.AskAsync(
                engines, node, (engine, stopping) => engine.DescribeAsync(stopping), TimedEngineRequest.Limit, cancellationToken);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.EngineTimeout)
        {
            throw new HpcException(
                ErrorId.EngineTimeout,
                $"{failure.Message.TrimEnd('.')}. A restart could end its containers, so that nothing was changed.",
                node,
                innerException: failure);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.EngineUnavailable)
        {
            var terms = site.Nodes.EngineAdministration.Terms;
            return !facts.Runs ? null : throw new HpcException(
                ErrorId.EngineUnavailable,
                $"{failure.Message.TrimEnd('.')}. It runs all the same: a restart could end its containers, so that nothing was changed.",
                node,
                $"Check nodes.engineSocket in the site definition, that nodes.ssh.user may use it and has a {terms.Client} in his PATH, "
                + $"and the engine's log on the node: {terms.LogCommand}.",
                failure);
        }
    }
}
