using Microsoft.Win32.SafeHandles;
using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>
/// A right that one process of the site at a time has, on whichever host. The kernel lets it go when the process dies. Its file has two
/// names, as every held port: <c>find AREA -links 1</c> still lists the free ports alone.
/// </summary>
internal sealed class AreaLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private AreaLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the right to sweep the site; nobody is waited for.</summary>
    /// <param name="area">The port area's directory.</param>
    /// <returns>Null when another process sweeps.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>, <see cref="ErrorId.PortAreaUnusable"/>.</exception>
    public static AreaLock? TryTakeSweep(string area) => TryTake(area, ".sweep");

    /// <summary>The same for the right to drain nodes.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>, <see cref="ErrorId.PortAreaUnusable"/>.</exception>
    public static AreaLock? TryTakeDrain(string area) => TryTake(area, ".drain");

    private static AreaLock? TryTake(string area, string fileName)
    {
        new PortDirectory(area).RequireRights();
        var name = $"{area}/{fileName}";
        var file = LinuxFile.Open(name, writable: true) ?? Make(name);
        if (LinuxFile.TryLock(file, name))
        {
            return new AreaLock(file);
        }

        file.Dispose();
        return null;
    }

    public void Dispose()
    {
        LinuxFile.Unlock(_file);
        _file.Dispose();
    }

    private static SafeFileHandle Make(string name)
    {
        try
        {
            File.Open(name, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.PortAreaUnusable,
                $"The lock {name} cannot be made: {Quote.Cause(exception)}",
                name,
                innerException: exception);
        }

        LinuxFile.TryLink(name, name + "-lock");
        return LinuxFile.Open(name, writable: true) ?? throw new HpcException(
            ErrorId.PortAreaUnusable, $"The lock {name} was removed as soon as it was made.", name);
    }
}
