using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>
/// A mark of everything that a container was made of: its specification and its image, known by its id wherever a node holds it, since
/// what a node knows of a digest depends on how the image came there. Two containers of one mark are the same but for when, by whom, and
/// beside which other nodes they were made.
/// </summary>
public static class ContainerGeneration
{
    private const int Digits = 12;

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
    /// <param name="imageId">The image's id; null where no node holds it, and then the digest in its reference has to do.</param>
    public static string Of(ContainerSpec spec, string? imageId)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var text = new StringBuilder();
        var image = ImageReference.Parse(spec.Image);
        var parts = Values(spec with { Image = NameOf(image) }).Append((Name: "image id", Value: imageId ?? image.Digest ?? ""));

        // The order of arguments means something, and that of nothing else.
        foreach (var (name, value) in parts.OrderBy(part => part.Name, StringComparer.Ordinal)
            .ThenBy(part => part.Name == "command" ? "" : part.Value, StringComparer.Ordinal))
        {
            // No value can hold a 0, so that no two specifications read the same.
            text.Append(name).Append('=').Append(value).Append('\0');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..Digits];
    }

    /// <summary>The name that was declared: a digest, and the tag that goes without saying, are there or not as nodes know it.</summary>
    private static string NameOf(ImageReference image) =>
        image.IsId ? image.Repository : $"{image.Name}:{image.Tag ?? (image.Digest is null ? "latest" : "")}";

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
