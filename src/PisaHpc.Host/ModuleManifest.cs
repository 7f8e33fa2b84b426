namespace PisaHpc.Host;

/// <summary>Finds the module that belongs to this executable: the very files that pwsh would load.</summary>
internal static class ModuleManifest
{
    private const string Name = "PisaHpc.psd1";

    /// <summary>
    /// The manifest: $PISAHPC_MODULE (the file or its directory), else beside the executable, else in a directory above it.
    /// </summary>
    /// <param name="directory">The executable's directory.</param>
    /// <exception cref="UsageException">There is none.</exception>
    public static string Find(string directory)
    {
        var named = Environment.GetEnvironmentVariable("PISAHPC_MODULE");
        if (!string.IsNullOrEmpty(named))
        {
            var file = Directory.Exists(named) ? Path.Combine(named, Name) : named;
            return File.Exists(file)
                ? Path.GetFullPath(file)
                : throw new UsageException($"$PISAHPC_MODULE names {file}, which does not exist. Name the module's {Name}.");
        }

        for (var place = new DirectoryInfo(directory); place is not null; place = place.Parent)
        {
            var file = Path.Combine(place.FullName, Name);
            if (File.Exists(file))
            {
                return file;
            }
        }

        throw new UsageException(
            $"No {Name} in {directory} or above it. Name the module's manifest in $PISAHPC_MODULE, or give -NoModule.");
    }
}
