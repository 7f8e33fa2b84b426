using System.IO.Compression;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Build;

/// <summary>A package of this checkout, in a directory of its own, unpacked.</summary>
public sealed class Package : IAsyncLifetime
{
    /// <summary>Where it lies.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("pisahpc-package-").FullName;

    /// <summary>The module's directory, unpacked.</summary>
    public string Module => System.IO.Directory.GetDirectories(Path.Combine(Directory, "installed", "PisaHpc")).Single();

    /// <summary>The files below it.</summary>
    public IReadOnlyList<string> Files =>
        [.. new DirectoryInfo(Module).EnumerateFiles("*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Module, file.FullName))];

    /// <summary>Whether this machine can make help files.</summary>
    public bool HasPlatyPS { get; private set; }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var made = await BuildScript.RunAsync(
            $"Test-PwshModule Microsoft.PowerShell.PlatyPS 1.0; Export-Package '{Directory}/made'", patience: TimeSpan.FromMinutes(5));
        var lines = made.EndedWith(0).Lines;
        HasPlatyPS = lines[0] == "True";
        var into = Path.Combine(Directory, "installed");
        await ZipFile.ExtractToDirectoryAsync(lines[1], into);
        (await RunningProcess.RunAsync("tar", ["-xzf", lines[2], "-C", into])).EndedWith(0);
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        return Task.CompletedTask;
    }
}
