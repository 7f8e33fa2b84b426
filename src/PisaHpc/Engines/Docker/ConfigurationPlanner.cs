using System.Text;

namespace PisaHpc.Engines.Docker;

/// <summary>
/// Plans a node's daemon.json. Containers go on through a restart with live-restore alone: it is on before the engine ends, and whenever it
/// starts, since an engine that starts without it ends the containers that it finds. In swarm mode there is no live-restore.
/// </summary>
internal sealed class ConfigurationPlanner
{
    /// <summary>What engine-facts.sh says of an engine in swarm mode, by what it left on the disk.</summary>
    private const string SwarmMark = "swarm";

    private readonly EngineConfigurationRequest _request;
    private readonly EngineOptions _options;
    private readonly DaemonConfiguration _current;
    private readonly DaemonConfiguration _wanted;

    public ConfigurationPlanner(EngineConfigurationRequest request)
    {
        (_request, _options) = (request, EngineOptions.Parse(request.Facts.CommandLine));
        _current = DaemonConfiguration.Parse(request.Node, File, Facts.Config);
        _wanted = WantedConfiguration.Of(_current, request.Settings, request.Registry, Engine?.LoggingDriver, _options, IsInSwarm);
    }

    private string Node => _request.Node;

    private EngineFacts Facts => _request.Facts;

    private string File => Facts.File;

    private EngineDetails? Engine => _request.Engine;

    /// <summary>Whether the engine is in swarm mode, as it says, or as what it left on the disk says when it is down.</summary>
    private bool IsInSwarm => Engine?.IsInSwarm ?? Facts.Marks.Contains(SwarmMark);

    /// <summary>Plans it.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineConfigurationRefused"/>.</exception>
    public EngineConfigurationPlan Plan()
    {
        var action = ActionFor();
        var keeping = Keeping(_wanted);
        var trial = WantedConfiguration.OnTrial(keeping, _request.Trial);
        RefuseConflicts(action, trial);
        RefuseSwarm(action);
        RefuseUnproven(action);
        return new EngineConfigurationPlan
        {
            Action = action,
            ChangedKeys = _current.Differences(_wanted),
            CurrentText = _current.Source,
            WantedText = _wanted.ToText(),
            Wanted = FileOf(_wanted),
            Keeping = FileOf(keeping),
            Trial = FileOf(trial),
            WayBack = FileOf(Keeping(_current)),
            GivingBack = action != EngineAction.None && Engine is { } before ? GivingBack(before) : null,
        };
    }

    private EngineAction ActionFor() =>
        Engine is null || Facts.Pending || WantedConfiguration.TakesRestart(_current, _wanted) ? EngineAction.Restart
        : !_current.SaysTheSame(_wanted) || !IsTakenUp(_wanted, Engine) ? EngineAction.Reload
        : EngineAction.None;

    private bool IsTakenUp(DaemonConfiguration configuration, EngineDetails engine) =>
        WantedConfiguration.IsTakenUp(configuration, engine, _request.Registry);

    private DaemonConfiguration Keeping(DaemonConfiguration configuration) =>
        IsInSwarm ? configuration : WantedConfiguration.KeepingContainers(configuration, _options);

    private EngineConfiguration FileOf(DaemonConfiguration configuration) =>
        new(BytesOf(configuration), engine => IsTakenUp(configuration, engine));

    private byte[] BytesOf(DaemonConfiguration configuration) =>
        configuration.SaysTheSame(_current) && Facts.Config is { } old ? old : Encoding.UTF8.GetBytes(configuration.ToText());

    /// <summary>What it was before is right too: the old file may hold what the engine refuses, or has not been told of.</summary>
    private EngineConfiguration GivingBack(EngineDetails before)
    {
        var giving = WantedConfiguration.GivingBack(_current, before.LiveRestore, _options);
        return new EngineConfiguration(BytesOf(giving), engine => IsTakenUp(giving, engine) || IsAsBefore(engine, before));
    }

    private static bool IsAsBefore(EngineDetails engine, EngineDetails before) =>
        engine.LiveRestore == before.LiveRestore
        && engine.InsecureRegistries.SetEquals(before.InsecureRegistries)
        && engine.Labels.SequenceEqual(before.Labels);

    /// <summary>An engine that is told the same by an option and by a key takes neither a signal nor a restart.</summary>
    private void RefuseConflicts(EngineAction action, DaemonConfiguration trial)
    {
        var conflicts = action switch
        {
            EngineAction.None => [],
            EngineAction.Reload => _options.Conflicts(_wanted),
            _ => _options.Conflicts(trial),
        };
        if (conflicts.Count > 0)
        {
            throw new HpcException(
                ErrorId.EngineConfigurationRefused,
                $"The engine on {Node} is started with {string.Join(", ", conflicts)}, and takes nothing up from {File} "
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
    private void RefuseSwarm(EngineAction action)
    {
        if (!IsInSwarm)
        {
            return;
        }

        if (_wanted.Flag(WantedConfiguration.LiveRestore) ?? _options.LiveRestore ?? false)
        {
            var who = _request.Settings.LiveRestore == true
                ? "The site wants engine.liveRestore: true"
                : $"{File} says \"live-restore\": true";
            throw Refusal(
                $"{who} on {Node}, whose engine is in swarm mode: the two exclude each other, and it would not start again.",
                "Take the node out of the swarm (docker swarm leave), or say live-restore: false for it: in engine.liveRestore of a site "
                + $"definition for the swarm's nodes, or in {File}.");
        }

        if (action == EngineAction.Restart && Engine?.RunningContainers is > 0 and { } running)
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
    private void RefuseUnproven(EngineAction action)
    {
        if (action != EngineAction.Restart || Engine is null || !Facts.ChangedSinceStart)
        {
            return;
        }

        var proven = DaemonConfiguration.Parse(Node, File, Facts.StartedWith);
        var unproven = WantedConfiguration.TakenUpByAStart(_current, proven);
        if (unproven.Count > 0)
        {
            throw Refusal(
                $"{File} on {Node} was changed after the engine had started, in what only a start takes up: "
                + $"{string.Join(", ", unproven)}. Whether it starts with that nobody knows, so that there is nothing to go back to.",
                "Put the file back as it was; or restart the engine yourself, with \"live-restore\": true in the file and read by a "
                + "reload before if containers are to go on. Then run this again.");
        }
    }

    private HpcException Refusal(string message, string remedy) =>
        new(ErrorId.EngineConfigurationRefused, $"{message} Nothing was changed.", Node, remedy);
}
