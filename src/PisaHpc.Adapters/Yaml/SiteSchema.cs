using System.Net;
using System.Text.Json.Nodes;
using PisaHpc.Engines;
using PisaHpc.Sites;
using static PisaHpc.Adapters.Yaml.CollectionShapes;
using static PisaHpc.Adapters.Yaml.ScalarShapes;
using AccessKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.NodeAccess>;
using EngineKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Engines.EngineSettings>;
using LayerKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.EnvironmentLayer>;
using PreflightKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.PreflightSettings>;
using QueueKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.QueueDefinition>;
using SiteKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.HpcSite>;

namespace PisaHpc.Adapters.Yaml;

/// <summary>The keys of a site definition. The reader and the JSON Schema are made from this one table.</summary>
internal static class SiteSchema
{
    private static readonly Shape<NodeAccess> Ssh = Map(
        new NodeAccess(),
        [
            AccessKey.Of(
                "user", SiteShapes.User, (access, user) => access with { User = user.Value },
                "The login name; the caller's own when left out."),
            AccessKey.Of(
                "port", Count("a port", 1, IPEndPoint.MaxPort), (access, port) => access with { Port = port.Value },
                "The port of the nodes' own sshd."),
            AccessKey.Of(
                "keys", List(SiteShapes.LocalPath, orOne: true), (access, keys) => access with { Keys = Values(keys) },
                "Private key files."),
            AccessKey.Of(
                "knownHosts", List(SiteShapes.LocalPath, orOne: true), (access, files) => access with { KnownHosts = Values(files) },
                "known_hosts files. A node's key must stand in one of them."),
            AccessKey.Of(
                "client",
                Word(("builtin", SshClientKind.Builtin), ("openssh", SshClientKind.OpenSsh), ("local", SshClientKind.Local)),
                (access, client) => access with { Client = client.Value },
                "builtin: in process, keys from files. openssh: the OpenSSH client, with agent, GSSAPI, host-based and ProxyJump. "
                + "local: no ssh, this machine alone."),
            AccessKey.Of(
                "config", SiteShapes.LocalPath, (access, path) => access with { Config = path.Value },
                "An ssh_config for the OpenSSH client."),
            AccessKey.Of(
                "connectTimeout", Time, (access, time) => access with { ConnectTimeout = time.Value },
                "How long a connection may take to open; 15s when left out."),
            AccessKey.Of(
                "idleTimeout", Time, (access, time) => access with { IdleTimeout = time.Value },
                "How long an unused connection stays open; 2m when left out."),
        ]);

    private static readonly Shape<NodeAccess> Nodes = Map(
        new NodeAccess(),
        [
            AccessKey.Of(
                "names", List(SiteShapes.HostNames, orOne: true), (access, names) => access with { Names = Values(names) },
                "The nodes, as names and host lists."),
            AccessKey.Of(
                "ssh",
                Ssh,
                (access, ssh) => ssh.Value with
                {
                    Names = access.Names, EngineAdministration = access.EngineAdministration, EngineSocket = access.EngineSocket,
                },
                "How the nodes are reached."),
            AccessKey.Of(
                "engineSocket", SiteShapes.AbsolutePath, (access, path) => access with { EngineSocket = path.Value },
                "The container engine's socket on the nodes."),
        ]);

    private static readonly Shape<EngineSettings> Engine = Map(
        new EngineSettings(),
        [
            EngineKey.Of(
                "config", SiteShapes.AbsolutePath, (engine, path) => engine with { Config = path.Value },
                $"The engine's configuration on the nodes; {KnownEngines.Default.ConfigurationFile} when left out."),
            EngineKey.Of(
                "reload", List(SiteShapes.Argument), (engine, command) => engine with { Reload = Values(command) },
                "The command that has a node's engine read its configuration again; "
                + $"{string.Join(' ', KnownEngines.Default.ReloadCommand)} when left out."),
            EngineKey.Of(
                "restart", List(SiteShapes.Argument), (engine, command) => engine with { Restart = Values(command) },
                "The command that restarts a node's engine, ends with 0 when it answers again, and says why when it does not. When left "
                + $"out: {KnownEngines.Default.Terms.Restart}."),
            EngineKey.Of(
                "registryTrust",
                Word(("insecure", true), ("tls", false)),
                (engine, insecure) => engine with { RegistryIsInsecure = insecure.Value },
                "insecure: the engines talk to the registry without TLS. tls: they do not. What the nodes have stays when left out."),
            EngineKey.Of(
                "registryCertificate", SiteShapes.LocalPath, (engine, path) => engine with { RegistryCertificate = path.Value },
                "A file here with the certificate of the authority that signed the registry's; it is put on the nodes."),
            EngineKey.Of(
                "liveRestore", Flag, (engine, flag) => engine with { LiveRestore = flag.Value },
                "Whether containers go on while the engine is restarted; true when left out, unless a node says otherwise."),
            EngineKey.Of(
                "logSize", Size(), (engine, size) => engine with { LogSizeBytes = size.Value },
                "The size at which a container's log is turned over; 10m when left out, unless a node says otherwise."),
            EngineKey.Of(
                "logFiles", Count("a number of files", 1, 1000), (engine, files) => engine with { LogFiles = files.Value },
                "How many files a container's log has; 3 when left out, unless a node says otherwise."),
            EngineKey.Of(
                "memlock", Size(("unlimited", -1)), (engine, size) => engine with { MemlockBytes = size.Value },
                "Locked memory of containers that ask for none; what the nodes have stays when left out."),
        ],
        finish: CheckCommands);

    private static readonly Shape<PreflightSettings> Preflight = Map(
        new PreflightSettings(),
        [
            PreflightKey.Of(
                "users", List(SiteShapes.User, orOne: true), (settings, users) => settings with { Users = Values(users) },
                "Users who have to have the same numbers and groups on every node as here."),
            PreflightKey.Of(
                "freeDisk", Size(), (settings, size) => settings with { FreeDiskBytes = size.Value ?? settings.FreeDiskBytes },
                "The free space for images, such as 20g, below which Test-HpcNode warns of a node; 20g when left out."),
            PreflightKey.Of(
                "clockSkew", Time, (settings, time) => settings with { ClockSkew = time.Value },
                "How far a node's clock may be from this machine's; 5s when left out."),
        ]);

    private static readonly Shape<EnvironmentLayer> Environments = Map(
        EnvironmentLayer.Empty,
        [
            .. SettingsSchema.Keys,
            LayerKey.Of(
                "aliases", List(SiteShapes.Name), (layer, aliases) => layer with { Aliases = aliases.Value.Items },
                "Other names that the environment answers to."),
            StaticSchema.Place,
        ],
        SettingsSchema.Reserved,
        finish: StaticSchema.CheckPlace);

    private static readonly Shape<QueueDefinition> Queues = Map(
        new QueueDefinition("", null, EnvironmentLayer.Empty),
        [
            QueueKey.Of(
                "environment", SiteShapes.Name, (queue, name) => queue with { Environment = name.Value },
                "The environment that the queue's jobs get when they name none."),
            .. SettingsSchema.Keys.Select(OfQueue),
        ],
        SettingsSchema.Reserved);

    /// <summary>The definition as a whole.</summary>
    public static Shape<HpcSite> Site { get; } = Map(
        new HpcSite(),
        [
            SiteKey.Of(
                "registry", SiteShapes.Registry, (site, registry) => site with { Registry = registry.Value },
                "The registry that images come from, unless they name one themselves."),
            SiteKey.Of(
                "portArea", SharedDirectories.PortArea, (site, area) => site with { PortArea = area.Value },
                "The ports that jobs lease for their sshd."),
            SiteKey.Of(
                "records", SharedDirectories.Records, (site, records) => site with { Records = records.Value },
                "How jobs ended, a file each; no record is kept when left out."),
            SiteKey.Of(
                "nodes", Nodes, (site, nodes) => site with { Nodes = nodes.Value },
                "The nodes and how they are reached."),
            SiteKey.Of(
                "batch", BatchSchema.Batch, (site, batch) => site with { Batch = batch.Value },
                "The batch system that Get-HpcAllocation -JobId and sweeps ask."),
            SiteKey.Of(
                "runDirectory", SiteShapes.AbsolutePath, (site, path) => site with { RunDirectory = path.Value },
                "The directory on each node, a tmpfs, below which a job's keys and files lie; /run/pisahpc when left out."),
            SiteKey.Of(
                "engine", Engine, (site, engine) => site with { Engine = engine.Value },
                "What Initialize-HpcNode makes of the nodes' engines, and how they are reloaded and restarted."),
            SiteKey.Of(
                "preflight", Preflight, (site, settings) => site with { Preflight = settings.Value },
                "What Test-HpcNode checks nodes against."),
            SiteKey.Of(
                "defaults", SettingsSchema.Settings, (site, layer) => site with { Defaults = layer.Value with { Layer = "site defaults" } },
                "Settings of every environment."),
            SiteKey.Of(
                "environments",
                ByName(SiteShapes.Name, Environments, StringComparer.OrdinalIgnoreCase),
                (site, layers) => site with { Environments = Layers(layers.Value) },
                "The environments by name."),
            SiteKey.Of(
                "queues",
                ByName(SiteShapes.Name, Queues, StringComparer.Ordinal),
                (site, queues) => site with { Queues = WithNames(queues.Value) },
                "The batch system's queues or partitions by name: their default environment, and settings between "
                + "the defaults and the environment's."),
            SiteKey.Of(
                "static",
                StaticSchema.ByNames,
                (site, definitions) => site with { Static = StaticSchema.WithNames(definitions.Value) },
                "Static environments by name: containers that stay on their nodes, into which the nodes' users log in."),
            SiteKey.Of(
                "staticDirectory", StaticSchema.Directory, (site, path) => site with { StaticDirectory = path.Value },
                "The directory on each node, root's and not lost in a reboot, below which static environments have their host keys; {node} "
                + "stands for the node's name, where nodes share it. /var/lib/pisahpc/static when left out."),
            SiteKey.Of(
                "waivers",
                WaiverSchema.Waivers,
                (site, waivers) => site with { Waivers = [.. waivers.Value.Items.Select(item => item.Value)] },
                "Findings of Test-HpcContainer that the site lives with, each with its reason."),
        ],
        finish: CheckRegistry);

    /// <summary>The JSON Schema (draft 2020-12) of a definition.</summary>
    public static JsonObject ToJsonSchema()
    {
        var definitions = new JsonObject();
        var root = Site.Schema(definitions);
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "PisaHpc site definition",
            ["description"] =
                "What an admin declares of a site: layers merge site defaults, queue, environment, parameters; the later wins.",
        };
        foreach (var (name, value) in root)
        {
            schema[name] = value?.DeepClone();
        }

        schema["$defs"] = definitions;
        return schema;
    }

    private static DefinitionKey<QueueDefinition> OfQueue(DefinitionKey<EnvironmentLayer> key) => new(
        key.Name,
        key.Meaning,
        key.Schema,
        (queue, node, path, reading) => queue with { Settings = key.Set(queue.Settings, node, path, reading) },
        key.Required);

    private static Dictionary<string, EnvironmentLayer> Layers(IReadOnlyDictionary<string, Setting<EnvironmentLayer>> layers) =>
        layers.ToDictionary(
            item => item.Key, item => item.Value.Value with { Layer = $"environment {item.Key}" }, StringComparer.OrdinalIgnoreCase);

    private static Dictionary<string, QueueDefinition> WithNames(IReadOnlyDictionary<string, Setting<QueueDefinition>> queues) =>
        queues.ToDictionary(
            item => item.Key,
            item => item.Value.Value with { Name = item.Key, Settings = item.Value.Value.Settings with { Layer = $"queue {item.Key}" } });

    private static EngineSettings? CheckCommands(EngineSettings engine, DefinitionNode node, string path, SiteReading reading)
    {
        if (engine is { Reload: not [], Restart: not [] })
        {
            return engine;
        }

        reading.Error(
            "BadValue",
            node,
            path,
            "reload and restart need a program",
            $"Write a program and its arguments: [ {string.Join(", ", KnownEngines.Default.ReloadCommand)} ].");
        return null;
    }

    private static HpcSite? CheckRegistry(HpcSite site, DefinitionNode node, string path, SiteReading reading)
    {
        var (engine, entries) = (site.Engine, node.Entries.ToDictionary(entry => entry.Key.Text, entry => entry.Value));
        if (entries.ContainsKey("registry") || (engine.RegistryIsInsecure is null && engine.RegistryCertificate is null))
        {
            return site;
        }

        reading.Error(
            "BadValue", entries["engine"], "engine", "registryTrust and registryCertificate are of the site's registry, and there is none",
            "Add it, such as registry: registry.example:5000.");
        return null;
    }
}
