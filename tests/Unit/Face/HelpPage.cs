namespace PisaHpc.Unit.Face;

/// <summary>A page of docs/cmdlets: PlatyPS' markdown for one cmdlet (schema 2024-05-01).</summary>
/// <param name="Name">The cmdlet.</param>
/// <param name="Text">The page.</param>
internal sealed record HelpPage(string Name, string Text)
{
    /// <summary>The sections that the schema has, in its order.</summary>
    public static IReadOnlyList<string> Titles { get; } =
    [
        "SYNOPSIS", "SYNTAX", "ALIASES", "DESCRIPTION", "EXAMPLES", "PARAMETERS", "INPUTS", "OUTPUTS", "NOTES", "RELATED LINKS",
    ];

    /// <summary>The folder of the pages.</summary>
    public static string Folder { get; } = Checkout.PathOf("docs", "cmdlets");

    /// <summary>The pages there are, by the names of their files.</summary>
    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Folder, "*-*.md").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    public static HelpPage Of(string name) => new(name, File.ReadAllText(Path.Combine(Folder, name + ".md")));

    public IReadOnlyList<(string Title, string Body)> Sections { get; } = Markdown.Sections(Text, 2);

    /// <summary>What stands under a heading of the second level.</summary>
    public string Section(string title) => Sections.Single(section => section.Title == title).Body;

    /// <summary>What stands under the headings of the third level in a section.</summary>
    public IReadOnlyList<(string Title, string Body)> Parts(string title) => [.. Markdown.Sections(Section(title), 3).Skip(1)];

    /// <summary>The sections of the parameters themselves, by name.</summary>
    public IReadOnlyDictionary<string, string> Parameters =>
        Parts("PARAMETERS").Where(part => part.Title.StartsWith('-')).ToDictionary(part => part.Title[1..], part => part.Body);
}
