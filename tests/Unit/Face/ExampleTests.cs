using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;

namespace PisaHpc.Unit.Face;

/// <summary>The code in the pages and in the about_ topics parses, and uses commands and parameters that exist, written in full.</summary>
public sealed class ExampleTests
{
    private const int LeastExamples = 3;

    /// <summary>The cmdlets of the module, and those that every PowerShell has (Microsoft.PowerShell.Core).</summary>
    private static readonly Dictionary<string, CmdletInfo> Known = CmdletFacts.All
        .Select(cmdlet => (cmdlet.Name, cmdlet.Type))
        .Concat(
            from type in typeof(PSObject).Assembly.GetTypes()
            let declaration = type.GetCustomAttribute<CmdletAttribute>()
            where declaration is not null && type.IsPublic
            select ($"{declaration.VerbName}-{declaration.NounName}", type))
        .ToDictionary(cmdlet => cmdlet.Item1, cmdlet => new CmdletInfo(cmdlet.Item1, cmdlet.Item2), StringComparer.OrdinalIgnoreCase);

    public static TheoryData<string> Cmdlets => CmdletFacts.Names;

    public static TheoryData<string> Topics =>
        [.. Directory.EnumerateFiles(AboutTopicTests.Folder, "*.md").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void A_page_has_at_least_three_examples_numbered_and_explained(string name)
    {
        var examples = HelpPage.Of(name).Parts("EXAMPLES");
        Assert.True(examples.Count >= LeastExamples, $"{name} has {examples.Count} examples.");
        foreach (var (index, (title, body)) in examples.Index())
        {
            Assert.Matches($"^Example {index + 1}: .+", title);
            var code = Assert.Single(Markdown.Fences(body, "powershell"));
            Assert.StartsWith("```powershell\n", body, StringComparison.Ordinal);
            Assert.EndsWith(".", Markdown.Prose(body), StringComparison.Ordinal);
            Assert.Empty(Problems(code));
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Some_example_of_a_page_uses_its_cmdlet(string name) =>
        Assert.Contains(
            HelpPage.Of(name).Parts("EXAMPLES"),
            part => Markdown.Fences(part.Body, "powershell")[0].Contains(name, StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Topics))]
    public void The_code_of_a_topic_is_sound(string file) =>
        Assert.All(
            Markdown.Fences(File.ReadAllText(Path.Combine(AboutTopicTests.Folder, file)), "powershell"),
            code => Assert.Empty(Problems(code)));

    [Fact]
    public void What_is_wrong_is_found()
    {
        Assert.Contains(Problems("Get-HpcJob -Jobid 1 |"), problem => problem.StartsWith("line 1: ", StringComparison.Ordinal));
        Assert.Equal(["Get-HpcJobs is no command"], Problems("Get-HpcJobs 1"));
        Assert.Equal(["Get-HpcJob has no -JobName"], Problems("Get-HpcJob -JobName 1"));
        Assert.Equal(["Get-HpcJob has no -Th"], Problems("Get-HpcJob -Th 3"));
        Assert.Empty(Problems("Get-HpcJob -JobId 1 -Verbose | Where-Object State -EQ Running"));
    }

    private static IReadOnlyList<string> Problems(string code)
    {
        var tree = Parser.ParseInput(code, out _, out var errors);
        return errors.Length > 0
            ? [.. errors.Select(error => $"line {error.Extent.StartLineNumber}: {error.Message}")]
            : [.. tree.FindAll(node => node is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>().SelectMany(ProblemsOf)];
    }

    private static IEnumerable<string> ProblemsOf(CommandAst command)
    {
        if (command.GetCommandName() is not { } name)
        {
            return [];
        }

        return Known.TryGetValue(name, out var cmdlet)
            ? command.CommandElements.OfType<CommandParameterAst>()
                .Where(parameter => !cmdlet.Parameters.ContainsKey(parameter.ParameterName))
                .Select(parameter => $"{name} has no -{parameter.ParameterName}")
            : [$"{name} is no command"];
    }
}
