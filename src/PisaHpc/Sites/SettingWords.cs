using System.Globalization;
using PisaHpc.Engines;

namespace PisaHpc.Sites;

/// <summary>Settings' values as a site definition writes them.</summary>
public static class SettingWords
{
    /// <summary>An MPI implementation: openmpi, mpich.</summary>
    public static string Of(MpiFlavour flavour) => flavour switch
    {
        MpiFlavour.OpenMpi => "openmpi",
        MpiFlavour.Mpich => "mpich",
        _ => throw new ArgumentOutOfRangeException(nameof(flavour), flavour, null),
    };

    /// <summary>A network: host, bridge.</summary>
    public static string Of(NetworkMode network) => network switch
    {
        NetworkMode.Host => "host",
        NetworkMode.Bridge => "bridge",
        _ => throw new ArgumentOutOfRangeException(nameof(network), network, null),
    };

    /// <summary>A way into containers: ssh, agent.</summary>
    public static string Of(WayIn way) => way switch
    {
        WayIn.Ssh => "ssh",
        WayIn.Agent => "agent",
        _ => throw new ArgumentOutOfRangeException(nameof(way), way, null),
    };

    /// <summary>Whether a job's grant bounds its containers: known, required, none.</summary>
    public static string Of(JobLimits limits) => limits switch
    {
        JobLimits.Known => "known",
        JobLimits.Required => "required",
        JobLimits.None => "none",
        _ => throw new ArgumentOutOfRangeException(nameof(limits), limits, null),
    };

    /// <summary>A restart policy: no, on-failure, always, unless-stopped.</summary>
    public static string Of(RestartPolicy policy) => policy switch
    {
        RestartPolicy.No => "no",
        RestartPolicy.OnFailure => "on-failure",
        RestartPolicy.Always => "always",
        RestartPolicy.UnlessStopped => "unless-stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, null),
    };

    /// <summary>A flag: true, false.</summary>
    public static string Of(bool flag) => flag ? "true" : "false";

    /// <summary>A mount in the short form, with <c>optional</c> among its options.</summary>
    public static string Of(MountDefinition mount)
    {
        ArgumentNullException.ThrowIfNull(mount);
        var options = new[] { mount.ReadOnly ? "ro" : "rw", mount.Propagation, mount.Optional ? "optional" : null };
        return $"{mount.Source}:{mount.Target}:{string.Join(',', options.OfType<string>())}";
    }

    /// <summary>A device file: its path, with <c>optional</c> behind it.</summary>
    public static string Of(DeviceFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Optional ? file.Path + ":optional" : file.Path;
    }

    /// <summary>A size: 8g, unlimited.</summary>
    /// <param name="bytes">The size; -1 is unlimited.</param>
    /// <param name="none">The word for null.</param>
    public static string OfSize(long? bytes, string none) => bytes switch
    {
        null => none,
        -1 => "unlimited",
        { } size => ByteSize.Format(size),
    };

    /// <summary>A count: 65536.</summary>
    /// <param name="none">The word for null.</param>
    public static string OfCount(long? count, string none) => count?.ToString(CultureInfo.InvariantCulture) ?? none;
}
