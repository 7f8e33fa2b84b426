using PisaHpc.Sites;

namespace PisaHpc.Adapters.Yaml;

/// <summary>Reads a site definition from YAML.</summary>
internal static class SiteReader
{
    /// <summary>Reads a definition.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.SiteInvalid"/> with file, line and column of every error, the first as the headline;
    /// <see cref="ErrorId.ReservedOption"/> when that one asks for what the module sets itself.
    /// </exception>
    public static HpcSite Read(string path)
    {
        var file = Path.GetFullPath(path);
        return Read(file, TextOf(file));
    }

    /// <summary>Reads a definition's text.</summary>
    /// <param name="file">The full path that relative paths and positions refer to.</param>
    /// <param name="text">The YAML.</param>
    /// <exception cref="HpcException">The same.</exception>
    public static HpcSite Read(string file, string text)
    {
        var (site, findings) = Examine(file, text);
        return site ?? throw Invalid(file, [.. findings.Where(finding => finding.Severity == nameof(FindingSeverity.Error))]);
    }

    /// <summary>Reads a definition and keeps what is wrong with it.</summary>
    /// <returns>The site, null when there are errors; the findings in the order of the file.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteInvalid"/> when the file cannot be read.</exception>
    public static (HpcSite? Site, IReadOnlyList<SiteFinding> Findings) Examine(string path)
    {
        var file = Path.GetFullPath(path);
        return Examine(file, TextOf(file));
    }

    /// <summary>Reads a definition's text and keeps what is wrong with it.</summary>
    /// <param name="file">The full path that relative paths and positions refer to.</param>
    /// <param name="text">The YAML.</param>
    public static (HpcSite? Site, IReadOnlyList<SiteFinding> Findings) Examine(string file, string text)
    {
        var reading = new SiteReading(file);
        var root = DefinitionTree.Read(file, text, reading.Findings);
        var site = root is null ? null : SiteSchema.Site.Read(root, "", reading)?.Value;
        if (site is not null)
        {
            site = site with { Path = file, Positions = reading.Positions };
            SiteReferences.Check(site, reading.Findings);
        }

        return (reading.Findings.HasErrors ? null : site, reading.Findings.Findings);
    }

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.SiteInvalid, $"The site definition {file} cannot be read: {Quote.Cause(exception)}", file,
                "Name a readable file with -Site or $PISAHPC_SITE.", exception);
        }
    }

    private static HpcException Invalid(string path, IReadOnlyList<SiteFinding> errors)
    {
        var others = errors.Count == 1 ? "" : $"{Environment.NewLine}{string.Join(Environment.NewLine, errors.Skip(1))}";
        var id = errors[0].Rule == "ReservedOption" ? ErrorId.ReservedOption : ErrorId.SiteInvalid;
        return new HpcException(id, $"{errors[0]}{others}", path, $"{errors[0].Remedy} Then run Test-HpcSite.");
    }
}
