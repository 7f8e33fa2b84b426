using Microsoft.Win32.SafeHandles;
using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>
/// The right to sweep the site, which one process at a time has, on whichever host. The kernel lets it go when the process dies. Its file
/// has two names, as every held port: <c>find AREA -links 1</c> still lists the free ports alone.
/// </summary>
internal sealed class SweepLock : IDisposable
{
    private const string FileName = ".sweep";
    private const string SecondName = ".sweep-lock";
    private readonly SafeFileHandle _file;

    private SweepLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes it; nobody is waited for.</summary>
    /// <param name="area">The port area's directory.</param>
    /// <returns>Null when another process sweeps.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>, <see cref="ErrorId.PortAreaUnusable"/>.</exception>
    public static SweepLock? TryTake(string area)
    {
        new PortDirectory(area).RequireRights();
        var name = $"{area}/{FileName}";
        var file = LinuxFile.Open(name, writable: true) ?? Make(area, name);
        if (LinuxFile.TryLock(file, name))
        {
            return new SweepLock(file);
        }

        file.Dispose();
        return null;
    }

    public void Dispose()
    {
        LinuxFile.Unlock(_file);
        _file.Dispose();
    }

    private static SafeFileHandle Make(string area, string name)
    {
        try
        {
            File.Open(name, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.PortAreaUnusable,
                $"The lock of sweeps, {name}, cannot be made: {Quote.Cause(exception)}",
                name,
                innerException: exception);
        }

        LinuxFile.TryLink(name, $"{area}/{SecondName}");
        return LinuxFile.Open(name, writable: true) ?? throw new HpcException(
            ErrorId.PortAreaUnusable, $"The lock of sweeps, {name}, was removed as soon as it was made.", name);
    }
}
