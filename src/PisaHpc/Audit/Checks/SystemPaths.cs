using PisaHpc.Engines;

namespace PisaHpc.Audit.Checks;

/// <summary>The directories of a node that are its system, and not its users' (hier(7)).</summary>
internal static class SystemPaths
{
    private static readonly string[] Directories =
    [
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr", "/var/run",
        "/var/lib/containers", .. KnownEngines.All.SelectMany(engine => engine.Directories),
    ];

    /// <summary>Directories that hold some of them.</summary>
    private static readonly string[] Above = ["/var", "/var/lib"];

    /// <summary>What is below them for programs to write: shared memory, huge pages, adapters.</summary>
    private static readonly string[] ForPrograms = ["/dev/shm", "/dev/mqueue", "/dev/hugepages", "/dev/infiniband", "/run/user"];

    /// <summary>Files by which a node finds names and its time zone: who writes them misleads it, and is not root on it.</summary>
    private static readonly string[] OfNames = ["/etc/resolv.conf", "/etc/hosts", "/etc/localtime", "/etc/timezone"];

    private static readonly string[] OfNameServices = ["/run/nscd", "/run/nslcd", "/var/run/nscd", "/var/run/nslcd"];

    /// <summary>Whether who may write a path can become root on the node by that.</summary>
    public static bool LeadToRoot(string path) => !OfNames.Contains(path);

    /// <summary>Whether a path is a whole directory of the system, or one above it.</summary>
    public static bool AreWhole(string path) => Directories.Contains(path) || Above.Contains(path);

    /// <summary>Whether a path is below such a directory, and its programs' own.</summary>
    public static bool AreBelow(string path) =>
        !ForPrograms.Any(directory => IsIn(path, directory)) && Directories.Any(directory => IsIn(path, directory));

    /// <summary>
    /// Whether a path is a daemon's socket, or a directory directly below /run, as those of sockets are: who may connect to one asks it,
    /// read-only or not. Of name services any account of the node may ask.
    /// </summary>
    public static bool HoldSockets(string path) =>
        AreBelow(path) && !OfNameServices.Contains(path)
        && (path.EndsWith(".sock", StringComparison.Ordinal) || path.EndsWith(".socket", StringComparison.Ordinal)
            || path.Split('/') is ["", "run", _] or ["", "var", "run", _]);

    /// <summary>Whether a path is a directory, or in it.</summary>
    public static bool IsIn(string path, string directory) =>
        path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);
}
