namespace PisaHpc.Unit.Face;

/// <summary>Lines as .editorconfig wants them: no tool that runs here holds its max_line_length against anything.</summary>
public sealed class LineTests
{
    private const int Columns = 140;

    private static readonly HashSet<string> Kinds = [".cs", ".csproj", ".ps1", ".ps1xml", ".psd1", ".psm1", ".props", ".sh"];

    /// <summary>Of the tests, the folders that keep to it; a folder that is mended joins them.</summary>
    public static TheoryData<string> Folders =>
    [
        "src", "native", "build", "bench", "lab", "hooks", "contrib", "tests/Pester", "tests/PortRacer",
        "tests/Unit/Face", "tests/Unit/Reports", "tests/Unit/Tracing",
        "tests/Integration/Docs", "tests/Integration/Host", "tests/Integration/Module", "tests/Integration/Monitoring",
    ];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_line_fits(string folder) => Assert.Empty(Long(Checkout.PathOf(folder), SearchOption.AllDirectories));

    [Fact]
    public void A_line_fits_at_the_root_too() => Assert.Empty(Long(Checkout.Root, SearchOption.TopDirectoryOnly));

    private static bool IsOfTheAgent(string name) =>
        name.StartsWith("native/", StringComparison.Ordinal) && Path.GetExtension(name) is ".c" or ".h";

    private static IEnumerable<string> Long(string folder, SearchOption depth) =>
        from file in Directory.EnumerateFiles(folder, "*", depth)
        let name = Path.GetRelativePath(Checkout.Root, file)
        where Kinds.Contains(Path.GetExtension(file)) || IsOfTheAgent(name)
        where !name.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")
        from line in File.ReadLines(file).Index()
        where line.Item.Length > Columns
        select $"{name}:{line.Index + 1}: {line.Item.Length} columns";
}
