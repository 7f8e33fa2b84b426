using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Audit;

/// <summary>
/// A container as it is audited: one that runs, one that is planned, or one that the site definition describes. It holds the values of
/// variables and is never put out.
/// </summary>
internal sealed record AuditedContainer
{
    /// <summary>What it was made of.</summary>
    public required AuditedKind Kind { get; init; }

    /// <summary>The node; empty for a description.</summary>
    public string Node { get; init; } = "";

    /// <summary>The container's name, or that of what describes it.</summary>
    public required string Name { get; init; }

    /// <summary>The job; null when it is none's.</summary>
    public string? JobId { get; init; }

    /// <summary>The static environment; null when it is none's.</summary>
    public string? Static { get; init; }

    /// <summary>The environment; empty for a container that the module did not make.</summary>
    public string Environment { get; init; } = "";

    /// <summary>What the engine was asked for, or will be; the node's paths in it have neither . nor .. nor //.</summary>
    public required ContainerSpec Specification
    {
        get;
        init => field = value with
        {
            Mounts = [.. value.Mounts.Select(mount => mount with { Source = NodePath.Normal(mount.Source) })],
            Devices = [.. value.Devices.Select(NodePath.Normal)],
        };
    }

    /// <summary>As <see cref="ContainerInspection.HostNamespaces"/>; a container of the module has none.</summary>
    public IReadOnlyList<string> HostNamespaces { get; init; } = [];

    /// <inheritdoc cref="ContainerInspection.DeviceRules"/>
    public IReadOnlyList<string> DeviceRules { get; init; } = [];

    /// <inheritdoc cref="ContainerInspection.HasOpenSystemPaths"/>
    public bool HasOpenSystemPaths { get; init; }

    /// <summary>The ports of its node that lead into it.</summary>
    public IReadOnlyList<PublishedPort> Published { get; init; } = [];

    /// <summary>On which port its sshd listens, in words; empty where it has none, or where that is not known.</summary>
    public string SshPort { get; init; } = "";

    /// <summary>Whether what a job is granted bounds it; null where it is known by now.</summary>
    public JobLimits? Grant { get; init; }

    /// <summary>The engine's socket on the site's nodes.</summary>
    public string EngineSocket { get; init; } = new NodeAccess().EngineSocket;

    /// <summary>The directory of jobs on the site's nodes.</summary>
    public string RunDirectory { get; init; } = new HpcSite().RunDirectory;

    /// <summary>Which layer set what; empty where nobody knows.</summary>
    public IReadOnlyList<SettingOrigin> Origins { get; init; } = [];

    /// <summary>Whether it is described by the site definition, and nothing of it is on a node yet.</summary>
    public bool IsDescription => Kind is AuditedKind.Environment or AuditedKind.Queue or AuditedKind.Static;

    /// <summary>Whether its main process is root's. An image that names no user has root.</summary>
    public bool IsRoot => Specification.User.Split(':')[0] is "" or "0" or "root";

    /// <summary>The image without its digest.</summary>
    public string Image => ImageReference.TryParse(Specification.Image)?.WithoutDigest().ToString() ?? Specification.Image;

    /// <summary>A part with the place in the site definition that set it, where that is known.</summary>
    /// <param name="words">What is said of the part.</param>
    /// <param name="option">The setting, as <see cref="SettingOrigin.Option"/> writes it.</param>
    public string Placed(string words, string option) =>
        Origins.FirstOrDefault(origin => origin.Option == option) is { IsBuiltIn: false } found
            ? $"{words} ({found.Layer}{(found.Line > 0 ? $", line {found.Line}" : "")})"
            : words;

    /// <summary>A container that an engine has.</summary>
    public static AuditedContainer Of(string node, ContainerInspection inspection, HpcSite site)
    {
        var found = ContainerLabels.ToHpcContainer(node, inspection.Container);
        var targets = inspection.Mounted.Select(mount => mount.Target).ToHashSet(StringComparer.Ordinal);
        return new AuditedContainer
        {
            Kind = AuditedKind.Container,
            Node = node,
            Name = found.Name,
            JobId = found.JobId,
            Static = found.Static,
            Environment = found.Environment,
            Specification = inspection.Specification with
            {
                Mounts = [.. inspection.Mounted, .. inspection.Specification.Mounts.Where(mount => !targets.Contains(mount.Target))],
            },
            HostNamespaces = inspection.HostNamespaces,
            DeviceRules = inspection.DeviceRules,
            HasOpenSystemPaths = inspection.HasOpenSystemPaths,
            Published = inspection.Published,
            SshPort = PortWords(found.Port),
            Grant = GrantOf(site, found.JobId, found.Environment, inspection.Container.Labels.GetValueOrDefault(ContainerLabels.Queue)),
            EngineSocket = site.Nodes.EngineSocket,
            RunDirectory = site.RunDirectory,
        };
    }

    /// <summary>A container that is planned.</summary>
    public static AuditedContainer Of(HpcContainerPlan plan, HpcSite site)
    {
        var spec = plan.GetSpec();
        return new AuditedContainer
        {
            Kind = AuditedKind.Plan,
            Node = plan.Node,
            Name = plan.Name,
            JobId = plan.JobId,
            Static = plan.Static,
            Environment = plan.Environment,
            Specification = spec,
            Published = [.. spec.PublishedPorts.Select(port => new PublishedPort("", port, "tcp"))],
            SshPort = PortWords(plan.Port),
            Grant = GrantOf(site, plan.JobId, plan.Environment, spec.Labels.GetValueOrDefault(ContainerLabels.Queue)),
            EngineSocket = site.Nodes.EngineSocket,
            RunDirectory = site.RunDirectory,
        };
    }

    /// <summary>
    /// What the site says now of a job's environment, so that a job is judged as its definition is. What it requires a container without
    /// does not have: there nothing bounds it.
    /// </summary>
    private static JobLimits? GrantOf(HpcSite site, string? jobId, string environment, string? queue) =>
        jobId is not null && site.Environments.ContainsKey(environment)
            && EnvironmentResolver.Resolve(
                site, environment, queue is not null && site.Queues.ContainsKey(queue) ? queue : null, EnvironmentLayer.Empty)
            .Limits.Bounds == JobLimits.Known ? JobLimits.Known : null;

    /// <summary>A port in words; 0 is none.</summary>
    internal static string PortWords(int port) => port > 0 ? $"port {port}" : "";
}

/// <summary>What an audit can look at.</summary>
public enum AuditedKind
{
    /// <summary>A container of a node's engine.</summary>
    Container,

    /// <summary>A plan of a container.</summary>
    Plan,

    /// <summary>An environment of the site definition.</summary>
    Environment,

    /// <summary>The environment that a queue of the site definition gives, with the queue's own settings.</summary>
    Queue,

    /// <summary>A static environment of the site definition.</summary>
    Static,
}
