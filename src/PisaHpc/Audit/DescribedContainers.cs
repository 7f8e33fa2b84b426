using PisaHpc.Access.Login;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Audit;

/// <summary>
/// The containers that a site definition describes: of each environment, of each queue with settings of its own, of each static one.
/// </summary>
internal static class DescribedContainers
{
    /// <summary>A job's user is anybody but root.</summary>
    private const string JobUser = "user";

    /// <summary>The containers, in the order of the definition.</summary>
    public static IEnumerable<AuditedContainer> Of(HpcSite site) =>
        site.Environments.Keys.Select(name => OfJob(site, AuditedKind.Environment, name, name, queue: null))
            .Concat(from queue in site.Queues.Values
                    where queue.Environment is not null && SaysSomething(queue.Settings)
                    select OfJob(site, AuditedKind.Queue, queue.Name, queue.Environment!, queue.Name))
            .Concat(site.Static.Values.Select(definition => OfStatic(site, definition)));

    private static bool SaysSomething(EnvironmentLayer layer) => layer != EnvironmentLayer.Empty with { Layer = layer.Layer };

    private static AuditedContainer OfJob(HpcSite site, AuditedKind kind, string name, string environmentName, string? queue)
    {
        var environment = EnvironmentResolver.Resolve(site, environmentName, queue, EnvironmentLayer.Empty);
        return Of(site, kind, name, environment) with
        {
            Grant = environment.Limits.Bounds,
            SshPort = environment.Way == WayIn.Ssh && site.PortArea is { } area ? $"a port from {area.First} to {area.Last}" : "",
        };
    }

    private static AuditedContainer OfStatic(HpcSite site, StaticDefinition definition)
    {
        var environment = EnvironmentResolver.Resolve(site, definition);
        var access = new LoginAccess(LoginDirectory.PathOf(site.StaticDirectory, node: "", definition.Name), definition.Port)
        {
            ImageInit = definition.ImageInit,
            Logins = definition.Logins,
            JobsDirectory = definition.Jobs ? JobPlace.DirectoryOf(site.RunDirectory, definition.Name) : null,
        };
        var described = Of(site, AuditedKind.Static, definition.Name, environment);
        var spec = described.Specification;
        IReadOnlyList<string> dropped = definition.ImageInit is null ? spec.CapabilitiesDropped : [];
        return described with
        {
            Static = definition.Name,
            SshPort = AuditedContainer.PortWords(definition.Port),
            Specification = spec with
            {
                User = "0:0",
                Command = definition.ImageInit is { } init ? [init] : spec.Command,
                Init = spec.Init && definition.ImageInit is null,
                CapabilitiesDropped = dropped,
                Capabilities = dropped.Count > 0 ? [.. spec.Capabilities.Union(access.Capabilities)] : spec.Capabilities,
                Mounts = [.. spec.Mounts, .. access.Mounts],
            },
        };
    }

    private static AuditedContainer Of(HpcSite site, AuditedKind kind, string name, HpcEnvironment environment) => new()
    {
        Kind = kind,
        Name = name,
        Environment = environment.Name,
        EngineSocket = site.Nodes.EngineSocket,
        RunDirectory = site.RunDirectory,
        Origins = environment.Origins,
        Specification = new ContainerSpec
        {
            Name = name,
            Image = environment.Image,
            Command = [environment.Sshd],
            Network = environment.NetworkMode,
            User = JobUser,
            Environment = environment.Variables,
            Mounts =
            [
                .. from mount in environment.Mounts
                   select new ContainerMount(mount.Source, mount.Target, mount.ReadOnly, mount.Propagation),
            ],
            Devices = [.. environment.DeviceFiles.Select(file => file.Path)],
            MemoryBytes = environment.Limits.MemoryBytes ?? environment.Limits.MemoryPerSlotBytes,
            Pids = environment.Limits.Pids,
            CapabilitiesDropped = environment.Privileged ? [] : ["ALL"],
            Capabilities = environment.Capabilities,
            SecurityOptions = environment.SecurityOptions,
            Privileged = environment.Privileged,
            Init = environment.Init,
        },
    };
}
