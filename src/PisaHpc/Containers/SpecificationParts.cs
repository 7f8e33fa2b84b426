using System.Globalization;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>
/// A specification as a list of its parts: by it two are compared, and a container's mark is made. What was circumstance when a container
/// was made is no part of it.
/// </summary>
internal static class SpecificationParts
{
    /// <summary>
    /// What says when and by whom it was made, which other nodes there were, how many CPUs this one had online, or how long a start waits:
    /// the container is the same whatever they say.
    /// </summary>
    private static readonly HashSet<string> Circumstances = new(
        [
            ContainerLabels.Generation, ContainerLabels.StartedBy, ContainerLabels.Attempt, ContainerLabels.Boot, ContainerLabels.Nodes,
            ContainerLabels.Slots, ContainerLabels.ReadyTimeout,
        ],
        StringComparer.Ordinal);

    /// <summary>Every part of a specification in words.</summary>
    public static IEnumerable<(string Name, string Value)> Of(ContainerSpec spec) =>
    [
        ("name", spec.Name),
        ("image", spec.Image),
        .. All("command", spec.Command),
        ("hostname", spec.Hostname ?? ""),
        ("network", spec.Network.ToString()),
        .. All("port", spec.PublishedPorts.Select(port => Number(port))),
        ("user", spec.User),
        .. All("group", spec.Groups.Select(group => Number(group))),
        .. Sorted("env", spec.Environment),
        ("directory", spec.WorkingDirectory ?? ""),
        ("input", spec.OpenInput.ToString()),
        ("terminal", spec.Terminal.ToString()),
        .. All("mount", spec.Mounts.Select(mount => mount.ToString())),
        .. All("device", spec.Devices),
        ("cpus", Number(spec.Cpus)),
        ("cpuset", spec.Cpuset ?? ""),
        ("memory", Number(spec.MemoryBytes)),
        ("shm", Number(spec.ShmBytes)),
        ("memlock", Number(spec.MemlockBytes)),
        ("files", spec.OpenFiles is { } files ? $"{Number(files.Count)} {files.Required}" : ""),
        ("pids", Number(spec.Pids)),
        .. All("dropped", spec.CapabilitiesDropped),
        .. All("capability", spec.Capabilities),
        .. All("security", spec.SecurityOptions),
        ("privileged", spec.Privileged.ToString()),
        ("init", spec.Init.ToString()),
        ("restart", spec.Restart.ToString()),
        ("signal", spec.StopSignal ?? ""),
        .. All("tmpfs", spec.Tmpfs),
        ("remove", spec.AutoRemove.ToString()),
        ("cgroup", spec.CgroupParent ?? ""),
        .. Sorted("label", spec.Labels.Where(label => !Circumstances.Contains(label.Key))),
    ];

    private static IEnumerable<(string Name, string Value)> All(string name, IEnumerable<string> values) =>
        values.Select(value => (name, value));

    private static IEnumerable<(string Name, string Value)> Sorted(string name, IEnumerable<KeyValuePair<string, string>> pairs) =>
        pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (name, $"{pair.Key}={pair.Value}"));

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";
}
