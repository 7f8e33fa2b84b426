using System.Globalization;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>All of an inspection that the domain has words for.</summary>
internal static class InspectionRecords
{
    /// <summary>The inspection.</summary>
    public static ContainerInspection Of(ContainerInspectResponse answer)
    {
        var host = answer.HostConfig ?? new HostConfig();
        return new ContainerInspection(ContainerRecords.Of(answer), SpecificationRecords.Of(answer))
        {
            ProcessId = answer.State?.Pid is > 0 and var pid ? (int)pid : null,
            HostNamespaces =
            [
                .. from mode in new[] { ("pid", host.PidMode), ("ipc", host.IpcMode), ("uts", host.UTSMode), ("user", host.UsernsMode) }
                   where mode.Item2 == "host"
                   select mode.Item1,
            ],
            Published = [.. PortsOf(answer, host).SelectMany(PublishedOf).Distinct()],
            Mounted = [.. (answer.Mounts ?? []).Where(mount => mount.Type == "bind").Select(MountOf)],
            DeviceRules = [.. host.DeviceCgroupRules ?? []],

            // Empty by systempaths=unconfined; a privileged container and an engine that does not tell have no list at all.
            HasOpenSystemPaths = host is { MaskedPaths.Count: 0 } or { ReadonlyPaths.Count: 0 },
            Further = FurtherOptions.Of(host),
            Restarts = answer.RestartCount,
        };
    }

    /// <summary>A mount as it stands, whoever asked for it: by <c>--volumes-from</c> another container's, too.</summary>
    private static ContainerMount MountOf(MountPoint mount) => new(
        mount.Source ?? "", mount.Destination ?? "", !mount.RW, string.IsNullOrEmpty(mount.Propagation) ? null : mount.Propagation);

    /// <summary>
    /// What the node listens on while it runs, where the engine chose a port or an address itself; else what was asked for.
    /// </summary>
    private static IDictionary<string, IList<PortBinding>> PortsOf(ContainerInspectResponse answer, HostConfig host) =>
        answer.NetworkSettings?.Ports is { } ports && ports.Values.Any(bindings => bindings is { Count: > 0 })
            ? ports
            : host.PortBindings ?? new Dictionary<string, IList<PortBinding>>();

    private static IEnumerable<PublishedPort> PublishedOf(KeyValuePair<string, IList<PortBinding>> binding) =>
        from published in binding.Value ?? []
        let protocol = binding.Key.Split('/') is [_, var named] ? named : "tcp"
        let port = int.TryParse(published.HostPort, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
        select new PublishedPort(published.HostIP ?? "", port, protocol);
}
