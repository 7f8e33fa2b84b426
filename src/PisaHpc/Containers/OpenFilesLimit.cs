using PisaHpc.Sites;

namespace PisaHpc.Containers;

/// <summary>How many files each process of a container may have open: RLIMIT_NOFILE, soft and hard alike (getrlimit(2)).</summary>
/// <param name="Count">The limit.</param>
/// <param name="Required">
/// Whether a layer of the site or a parameter asked for it: a node that allows fewer then refuses the container. The limit that holds when
/// nobody asks gives way there, to what the node's engine gives by itself.
/// </param>
public sealed record OpenFilesLimit(long Count, bool Required)
{
    /// <summary>The setting, as <see cref="SettingOrigin.Option"/> writes it.</summary>
    internal const string Setting = "limits.openFiles";

    /// <summary>The limit of an environment; null where it leaves the engine's own.</summary>
    /// <param name="environment">The environment.</param>
    public static OpenFilesLimit? Of(HpcEnvironment environment) => environment.Limits.OpenFiles is { } count
        ? new OpenFilesLimit(count, environment.OriginOf(Setting) is { IsBuiltIn: false })
        : null;
}
