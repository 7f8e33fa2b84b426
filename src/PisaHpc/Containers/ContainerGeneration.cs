using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>
/// A mark of everything that a container was made of: its specification, with the image's digest in its reference, or the image's id where
/// nothing has a digest. Two containers of one mark are the same but for when, and by whom, they were made.
/// </summary>
public static class ContainerGeneration
{
    private const int Digits = 12;

    /// <summary>What says when and by whom it was made, or which other nodes there were.</summary>
    private static readonly HashSet<string> Circumstances = new(
        [
            ContainerLabels.Generation, ContainerLabels.StartedBy, ContainerLabels.Attempt, ContainerLabels.Boot, ContainerLabels.Nodes,
        ],
        StringComparer.Ordinal);

    /// <summary>A specification with its mark among the labels.</summary>
    /// <param name="imageId">The image's id, where it is known.</param>
    public static ContainerSpec Mark(ContainerSpec spec, string? imageId)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var labels = new Dictionary<string, string>(spec.Labels, StringComparer.Ordinal);
        labels[ContainerLabels.Generation] = Of(spec, imageId);
        return spec with { Labels = labels };
    }

    /// <summary>The mark: twelve hexadecimal digits.</summary>
    /// <param name="imageId">The image's id; of no matter where the reference has the digest.</param>
    public static string Of(ContainerSpec spec, string? imageId)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var text = new StringBuilder();
        var identity = spec.Image.Contains('@', StringComparison.Ordinal) ? "" : imageId ?? "";
        foreach (var (name, value) in Values(spec).Append(("image id", identity)))
        {
            // No value can hold a 0, so that no two specifications read the same.
            text.Append(name).Append('=').Append(value).Append('\0');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..Digits];
    }

    /// <summary>Every part of a specification in words.</summary>
    private static IEnumerable<(string Name, string Value)> Values(ContainerSpec spec) =>
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
