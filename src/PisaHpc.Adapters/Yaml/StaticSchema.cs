using System.Net;
using PisaHpc.Engines;
using PisaHpc.Sites;
using static PisaHpc.Adapters.Yaml.CollectionShapes;
using static PisaHpc.Adapters.Yaml.ScalarShapes;
using DrainKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.DrainSettings>;
using LayerKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.EnvironmentLayer>;
using LoginKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.LoginSettings>;
using StaticKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.StaticDefinition>;

namespace PisaHpc.Adapters.Yaml;

/// <summary>The keys of static environments.</summary>
internal static class StaticSchema
{
    private static readonly Shape<LoginSettings> Logins = Map(
        new LoginSettings(),
        [
            LoginKey.Of(
                "groups", List(SiteShapes.User, orOne: true), (logins, groups) => logins with { Groups = Values(groups) },
                "The groups whose members may log in; every user of the node may when left out."),
            LoginKey.Of(
                "users", List(SiteShapes.User, orOne: true), (logins, users) => logins with { Users = Values(users) },
                "The users who may log in; all of the groups when left out."),
            LoginKey.Of(
                "by",
                List(Word(("key", LoginProof.Key), ("hostbased", LoginProof.HostBased)), orOne: true),
                (logins, proofs) => logins with { By = [.. Values(proofs).Distinct()] },
                "key: a key in the user's own ~/.ssh/authorized_keys, also when left out. hostbased: the host that he comes from, as "
                + "the node's /etc/ssh/shosts.equiv and /etc/ssh/ssh_known_hosts say."),
            LoginKey.Of(
                "accounts",
                Word(
                    ("files", AccountSource.Files), ("sssd", AccountSource.Sssd), ("nscd", AccountSource.Nscd),
                    ("nslcd", AccountSource.Nslcd), ("image", AccountSource.Image)),
                (logins, accounts) => logins with { Accounts = accounts.Value },
                "Where the container knows its users from: files for the node's passwd, group and shadow, also when left out; sssd, nscd "
                + "or nslcd for the node's name service by its socket; image."),
        ],
        finish: CheckProofs);

    private static readonly Shape<DrainSettings> Drain = Map(
        new DrainSettings(),
        [
            DrainKey.Of(
                "batch", Flag, (drain, flag) => drain with { Batch = flag.Value },
                "Whether the batch system drains the node before its container gives way, and its jobs there are waited for."),
        ]);

    private static readonly Shape<StaticDefinition> Definition = Map(
        new StaticDefinition { Name = "", Environment = "", Nodes = [], Port = 0 },
        [
            StaticKey.Of(
                "environment", SiteShapes.Name, (definition, name) => definition with { Environment = name.Value },
                "The environment that it is made of.", required: true),
            StaticKey.Of(
                "nodes", List(SiteShapes.HostNames, orOne: true), (definition, nodes) => definition with { Nodes = Values(nodes) },
                "The nodes that have it, as names and host lists.", required: true),
            StaticKey.Of(
                "port", Count("a port", 1, IPEndPoint.MaxPort), (definition, port) => definition with { Port = port.Value },
                "The port of its sshd, another one for each static environment of a node; outside the port area and the kernel's own "
                + "range, ip_local_port_range.", required: true),
            StaticKey.Of(
                "logins", Logins, (definition, logins) => definition with { Logins = logins.Value },
                "Who may log in, and how."),
            StaticKey.Of(
                "restart",
                Word([.. Enum.GetValues<RestartPolicy>().Select(policy => (SettingWords.Of(policy), policy))]),
                (definition, policy) => definition with { Restart = policy.Value },
                "When the engine starts it again by itself; unless-stopped when left out."),
            StaticKey.Of(
                "drain", Drain, (definition, drain) => definition with { Drain = drain.Value },
                "Who is told before a container of it gives way to another one."),
            StaticKey.Of(
                "jobs", Flag, (definition, flag) => definition with { Jobs = flag.Value },
                "Whether jobs of the batch system may be placed into it, by an environment with static: and its name."),
            StaticKey.Of(
                "imageInit", SiteShapes.AbsolutePath, (definition, path) => definition with { ImageInit = path.Value },
                "The image's own init, such as /usr/sbin/init, which is PID 1 and starts the image's sshd."),
            .. SettingsSchema.Keys.Select(OfStatic),
        ],
        SettingsSchema.Reserved.Where(key => key.Key != "restart").ToDictionary());

    /// <summary>The static environments by name.</summary>
    public static Shape<IReadOnlyDictionary<string, Setting<StaticDefinition>>> ByNames { get; } =
        ByName(SiteShapes.Name, Definition, StringComparer.Ordinal);

    /// <summary>The key of an environment whose jobs are placed into a static one.</summary>
    public static DefinitionKey<EnvironmentLayer> Place { get; } = LayerKey.Of(
        "static", SiteShapes.Name, (layer, name) => layer with { Static = name },
        "The static environment into which the environment's jobs are placed, in place of containers of their own; beside aliases alone.");

    /// <summary>The directory with host keys, as ssh's configuration takes a path.</summary>
    public static Shape<string> Directory { get; } = Text(
        "an absolute path of plain characters, in which {node} stands for the node's name",
        "^(/([A-Za-z0-9._@+-]|\\{node\\})+)+$",
        path => !path.Split('/').Contains(".."));

    /// <summary>The definitions with their own names, and those of their layers.</summary>
    public static IReadOnlyDictionary<string, StaticDefinition> WithNames(
        IReadOnlyDictionary<string, Setting<StaticDefinition>> definitions)
    {
        var named = new OrderedDictionary<string, StaticDefinition>(StringComparer.Ordinal);
        foreach (var (name, setting) in definitions)
        {
            named[name] = setting.Value with { Name = name, Settings = setting.Value.Settings with { Layer = $"static {name}" } };
        }

        return named;
    }

    /// <summary>What such an environment would set nobody would heed: its containers are those of the static environment.</summary>
    public static EnvironmentLayer? CheckPlace(EnvironmentLayer layer, DefinitionNode node, string path, SiteReading reading)
    {
        if (layer.Static is null || layer.SaysNothing)
        {
            return layer;
        }

        reading.Error(
            "BadValue", node, path, "static stands beside settings, and jobs get what the static environment has",
            "Set them in the static environment; keep static and aliases alone.");
        return null;
    }

    private static DefinitionKey<StaticDefinition> OfStatic(DefinitionKey<EnvironmentLayer> key) => new(
        key.Name,
        key.Meaning,
        key.Schema,
        (definition, node, path, reading) => definition with { Settings = key.Set(definition.Settings, node, path, reading) },
        key.Required);

    private static LoginSettings? CheckProofs(LoginSettings logins, DefinitionNode node, string path, SiteReading reading)
    {
        if (logins.By.Count > 0)
        {
            return logins;
        }

        reading.Error("BadValue", node, path, "by: nothing proves who a user is", "Write by: key, by: hostbased, or both in brackets.");
        return null;
    }
}
