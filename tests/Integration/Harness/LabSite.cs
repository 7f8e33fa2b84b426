using System.Text.RegularExpressions;

namespace PisaHpc.Integration.Harness;

/// <summary>The lab's site definition (lab/site.yaml), changed for a test: each change is of something that stands in it.</summary>
/// <param name="Text">What it says.</param>
public sealed record LabSite(string Text)
{
    private const string Environments = "environments:\n";
    private const string Queues = "queues:\n";

    /// <summary>As the lab has it.</summary>
    public static LabSite Of(LabFixture lab) => At(lab.State.Site);

    /// <summary>As a file has it.</summary>
    public static LabSite At(string path) => new(File.ReadAllText(path));

    /// <summary>With more environments.</summary>
    /// <param name="environments">A line for each, <c>name: { image: … }</c>.</param>
    public LabSite WithEnvironments(params string[] environments) =>
        Replacing(Environments, Environments + string.Concat(environments.Select(environment => $"  {environment}\n")));

    /// <summary>Without queues, and so without an environment of theirs.</summary>
    public LabSite WithoutQueues()
    {
        Assert.Contains(Queues, Text, StringComparison.Ordinal);
        return new LabSite(Text[..Text.IndexOf(Queues, StringComparison.Ordinal)]);
    }

    /// <summary>With a key that the lab's has not.</summary>
    /// <param name="line"><c>key: value</c>.</param>
    public LabSite With(string line) => new($"{line}\n{Text}");

    /// <summary>With records, in a directory that is made for them.</summary>
    public LabSite Recording(string directory)
    {
        Directory.CreateDirectory(directory);
        if (OperatingSystem.IsLinux())
        {
            // Whatever the umask is: readers of records look at it.
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        }

        return With($"records: {{ directory: {directory} }}");
    }

    /// <summary>With one text in the place of another.</summary>
    public LabSite Replacing(string old, string changed)
    {
        Assert.Contains(old, Text, StringComparison.Ordinal);
        return new LabSite(Text.Replace(old, changed, StringComparison.Ordinal));
    }

    /// <summary>With a text in the place of each that a pattern matches.</summary>
    public LabSite ReplacingEach(string pattern, string changed)
    {
        Assert.Matches(pattern, Text);
        return new LabSite(Regex.Replace(Text, pattern, changed, RegexOptions.CultureInvariant));
    }

    /// <summary>Writes it.</summary>
    /// <returns>The path.</returns>
    public string WriteTo(string path)
    {
        File.WriteAllText(path, Text);
        return path;
    }
}
