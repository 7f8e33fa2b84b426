using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Engines.Docker;
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

    /// <summary>The engine's configuration as it stands there.</summary>
    public required DaemonConfiguration Current { get; init; }

    /// <summary>The engine's configuration as it should be.</summary>
    public required DaemonConfiguration Wanted { get; init; }

    /// <summary>What has the engine take it up.</summary>
    public required EngineAction Action { get; init; }

    /// <summary>What the engine says of itself; null when none runs.</summary>
    public EngineDetails? Engine { get; init; }

    /// <summary>The registry's certificate that has to be put there; null when it is there, or none is asked for.</summary>
    public byte[]? Certificate { get; init; }

    /// <summary>Whether the engine is in swarm mode, as it says, or as what it left on the disk says when it is down.</summary>
    public bool IsInSwarm => Engine?.IsInSwarm ?? Facts.HasSwarmState;

    /// <summary>Whether the configuration's file has to be written.</summary>
    public bool WritesConfig => !Current.SaysTheSame(Wanted);

    /// <summary>Whether there is anything to do.</summary>
    public bool Changes => WritesConfig || Action != EngineAction.None || Certificate is not null || MakesRunDirectory || MakesPortArea;

    /// <summary>Whether the directory for jobs' files has to be made.</summary>
    public bool MakesRunDirectory => !Facts.HasRunDirectory;

    /// <summary>Whether ports of the area have to be made.</summary>
    public bool MakesPortArea => Site.PortArea is not null && (!Facts.HasArea || Facts.MissingPorts > 0);

    /// <summary>Plans a node.</summary>
    /// <param name="certificate">The registry's certificate, where the site names one.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineConfigurationInvalid"/>, <see cref="ErrorId.EngineConfigurationRefused"/>: it could not be gone back from;
    /// <see cref="ErrorId.EngineTooOld"/>, <see cref="ErrorId.EngineUnavailable"/>, <see cref="ErrorId.EngineTimeout"/>: one runs and
    /// cannot be asked; <see cref="ErrorId.PortAreaMissing"/>: the directory that the port area should lie in is not there.
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

        var engine = await AskAsync(engines, connection.Node, facts, cancellationToken);
        var current = DaemonConfiguration.Parse(connection.Node, facts.File, facts.Config);
        var wanted = WantedConfiguration.Of(
            current, site.Engine, site.Registry, engine?.LoggingDriver, facts.Options, engine?.IsInSwarm ?? facts.HasSwarmState);
        var plan = new NodeSetupPlan
        {
            Node = connection.Node,
            Site = site,
            Facts = facts,
            Current = current,
            Wanted = wanted,
            Engine = engine,
            Action = ActionFor(facts, engine, current, wanted, site),
            Certificate = certificate is not null && facts.Certificate?.AsSpan().SequenceEqual(certificate) != true ? certificate : null,
        };
        plan.RefuseConflicts();
        plan.RefuseSwarm();
        plan.RefuseUnproven();
        return plan;
    }

    /// <summary>The lines of a diff of the configuration; empty when it stays.</summary>
    public IReadOnlyList<string> Diff() => WritesConfig ? LineDiff.Of(Current.Source, Wanted.ToText()) : [];

    /// <summary>A configuration with what keeps containers through a restart; in swarm mode there is nothing that does.</summary>
    public DaemonConfiguration Keeping(DaemonConfiguration configuration) =>
        IsInSwarm ? configuration : WantedConfiguration.KeepingContainers(configuration, Facts.Options);

    /// <summary>Each change in words.</summary>
    public IReadOnlyList<string> InWords() =>
    [
        .. new[]
        {
            WritesConfig ? $"{Facts.File}: set {string.Join(", ", Current.Differences(Wanted))}" : null,
            Action switch
            {
                EngineAction.Reload => "engine: reload its configuration",
                EngineAction.Restart when Engine is null => "engine: restart it, since none runs",
                EngineAction.Restart when Engine.RunningContainers == 1 => "engine: restart it; 1 running container goes on",
                EngineAction.Restart => $"engine: restart it; {Engine.RunningContainers} running containers go on",
                _ => null,
            },
            Certificate is null ? null : $"{SetupFacts.CertificateFile(Site.Registry!)}: put the registry's certificate",
            MakesRunDirectory ? $"{Site.RunDirectory}: make the directory" : null,
            MakesPortArea ? $"{Site.PortArea!.Path}: make {Plural.Of(Facts.MissingPorts, "port")}" : null,
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

    private static EngineAction ActionFor(
        SetupFacts facts, EngineDetails? engine, DaemonConfiguration current, DaemonConfiguration wanted, HpcSite site) =>
        engine is null || facts.Pending || WantedConfiguration.TakesRestart(current, wanted) ? EngineAction.Restart
        : !current.SaysTheSame(wanted) || !WantedConfiguration.IsTakenUp(wanted, engine, site.Registry) ? EngineAction.Reload
        : EngineAction.None;

    /// <summary>
    /// An engine that is down has its file changed and is started; its containers, if any are left, go on. One that runs and cannot be
    /// asked could not be told to keep its containers before it ends: so it is left alone.
    /// </summary>
    private static async Task<EngineDetails?> AskAsync(
        IEngineConnector engines, string node, SetupFacts facts, CancellationToken cancellationToken)
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
            return !facts.EngineRuns ? null : throw new HpcException(
                ErrorId.EngineUnavailable,
                $"{failure.Message.TrimEnd('.')}. It runs all the same: a restart could end its containers, so that nothing was changed.",
                node,
                "Check nodes.engineSocket in the site definition, that nodes.ssh.user may use it and has a docker client in his PATH, and "
                + "the engine's log on the node: journalctl -u docker.",
                failure);
        }
    }

    /// <summary>An engine that is told the same by an option and by a key takes neither a signal nor a restart.</summary>
    private void RefuseConflicts()
    {
        var conflicts = Action switch
        {
            EngineAction.None => [],
            EngineAction.Reload => Facts.Options.Conflicts(Wanted),
            _ => Facts.Options.Conflicts(
                WantedConfiguration.OnTrial(Keeping(Wanted), ContainerNames.NewAttempt())),
        };
        if (conflicts.Count > 0)
        {
            throw new HpcException(
                ErrorId.EngineConfigurationRefused,
                $"The engine on {Node} is started with {string.Join(", ", conflicts)}, and takes nothing up from {Facts.File} "
                + "while the same is to be written there.",
                Node,
                "Take the option out of the engine's start (systemctl edit docker), write it into the file, and restart the engine; "
                + "then run this again.");
        }
    }

    /// <summary>
    /// An engine in swarm mode takes live-restore up from a signal, and does not start with it the next time. Without it a restart is the
    /// end of every container.
    /// </summary>
    private void RefuseSwarm()
    {
        if (!IsInSwarm)
        {
            return;
        }

        if (Wanted.Flag(WantedConfiguration.LiveRestore) ?? Facts.Options.LiveRestore ?? false)
        {
            var who = Site.Engine.LiveRestore == true
                ? "The site wants engine.liveRestore: true"
                : $"{Facts.File} says \"live-restore\": true";
            throw Refusal(
                $"{who} on {Node}, whose engine is in swarm mode: the two exclude each other, and it would not start again.",
                "Take the node out of the swarm (docker swarm leave), or say live-restore: false for it: in engine.liveRestore of a site "
                + $"definition for the swarm's nodes, or in {Facts.File}.");
        }

        if (Action == EngineAction.Restart && Engine?.RunningContainers is > 0 and { } running)
        {
            throw Refusal(
                $"The engine on {Node} has to be restarted, and is in swarm mode, which excludes live-restore: "
                + $"{Plural.Of(running, "container")} would end.",
                $"Let the node's jobs end, and have the swarm leave it alone: docker node update --availability drain {Node}; then run "
                + "this again.");
        }
    }

    /// <summary>
    /// What was written after the engine had started, and only a start takes up, may be what it does not start with. Then there would be no
    /// file to give back to it: so it is restarted by whoever wrote that.
    /// </summary>
    private void RefuseUnproven()
    {
        if (Action != EngineAction.Restart || Engine is null || !Facts.ChangedSinceStart)
        {
            return;
        }

        var proven = DaemonConfiguration.Parse(Node, Facts.File, Facts.StartedWith);
        var unproven = WantedConfiguration.TakenUpByAStart(Current, proven);
        if (unproven.Count > 0)
        {
            throw Refusal(
                $"{Facts.File} on {Node} was changed after the engine had started, in what only a start takes up: "
                + $"{string.Join(", ", unproven)}. Whether it starts with that nobody knows, so that there is nothing to go back to.",
                "Put the file back as it was; or restart the engine yourself, with \"live-restore\": true in the file and read by a "
                + $"reload before if containers are to go on. Then run this again.");
        }
    }

    private HpcException Refusal(string message, string remedy) =>
        new(ErrorId.EngineConfigurationRefused, $"{message} Nothing was changed.", Node, remedy);
}

/// <summary>What has an engine take up its configuration.</summary>
public enum EngineAction
{
    /// <summary>Nothing: it has it.</summary>
    None,

    /// <summary>A signal; nothing stops.</summary>
    Reload,

    /// <summary>A restart; containers go on.</summary>
    Restart,
}
