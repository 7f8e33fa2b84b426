using System.Diagnostics.CodeAnalysis;
using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

/// <summary>Finds the site definition and reads it.</summary>
internal static class SiteLocation
{
    /// <summary>Where a machine keeps its site definition.</summary>
    public const string Default = "/etc/pisahpc/site.yaml";

    /// <summary>What to do on a machine that has none.</summary>
    public static string NextStep { get; } =
        $"Write {Default}, or name a definition with -Site or $PISAHPC_SITE; {Example()} is one to begin with.";

    /// <summary>What every cmdlet says that needs a definition where there is none.</summary>
    public static HpcException Missing() => new(
        ErrorId.SiteMissing,
        $"This machine has no site definition: neither -Site nor $PISAHPC_SITE names one, and {Default} does not exist.",
        Default,
        NextStep);

    /// <summary>Finds the definition: the path given, else $PISAHPC_SITE, else <see cref="Default"/>.</summary>
    /// <param name="path">The path of a -Site parameter.</param>
    /// <returns>The file, which exists; null when none is named and the machine has none.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteInvalid"/> for a named file that is missing.</exception>
    public static string? Find(string? path)
    {
        var named = path ?? Environment.GetEnvironmentVariable("PISAHPC_SITE");
        if (string.IsNullOrEmpty(named))
        {
            return File.Exists(Default) ? Default : null;
        }

        return File.Exists(named)
            ? named
            : throw new HpcException(
                ErrorId.SiteInvalid,
                $"The site definition {Quote.Name(named)} does not exist.",
                named,
                "Name another file with -Site or $PISAHPC_SITE.");
    }

    /// <summary>Reads the definition that <see cref="Find"/> finds; built-in values when there is none.</summary>
    /// <param name="path">The path of a -Site parameter.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteInvalid"/> for a named file that is missing or not valid.</exception>
    public static HpcSite Read(string? path) => Find(path) is { } file ? SiteReader.Read(file) : new HpcSite();

    /// <summary>The example beside the module, which lies in bin below the module's root.</summary>
    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "A program without assemblies has no such place, and says so.")]
    private static string Example()
    {
        var bin = Path.GetDirectoryName(typeof(SiteLocation).Assembly.Location);
        var path = bin is { Length: > 0 } ? Path.GetFullPath(Path.Combine(bin, "..", "docs", "site.example.yaml")) : null;
        return File.Exists(path) ? path : "docs/site.example.yaml in the module's directory";
    }
}
