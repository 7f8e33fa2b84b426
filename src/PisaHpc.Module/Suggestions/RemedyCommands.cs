using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;
using System.Text.RegularExpressions;

namespace PisaHpc.Module.Suggestions;

/// <summary>
/// The commands in an error's next step. A next step is prose that names them behind a colon: <c>Stop it first: Stop-HpcJob '4711'.</c>
/// What stands there is prose where it is neither a call of a cmdlet of this module nor one of a program that admins look at nodes with.
/// </summary>
internal static partial class RemedyCommands
{
    private static readonly Lazy<Dictionary<string, Type>> Cmdlets = new(() => (
        from type in typeof(RemedyCommands).Assembly.GetTypes()
        let cmdlet = type.GetCustomAttribute<CmdletAttribute>()
        where cmdlet is not null
        select (Name: $"{cmdlet.VerbName}-{cmdlet.NounName}", Type: type)).ToDictionary(found => found.Name, found => found.Type));

    /// <summary>Programs of this machine that next steps call. Others are to be called on a node, and stand behind ssh.</summary>
    private const string Programs = "ssh|ssh-keyscan|getent|tar";

    /// <summary>The commands, in the order of the sentence, each once.</summary>
    /// <param name="remedy">The next step.</param>
    public static IReadOnlyList<string> In(string remedy) =>
        [.. Behind().Matches(remedy).Select(match => match.Groups[1].Value.Trim()).Where(IsCommand).Distinct(StringComparer.Ordinal)];

    private static bool IsCommand(string text)
    {
        var script = Parser.ParseInput(text, out _, out var errors);
        return errors.Length == 0
            && script.EndBlock.Statements is [PipelineAst { PipelineElements: [CommandAst first, ..] }]
            && first.GetCommandName() is { } name
            && (Programs.Split('|').Contains(name)
                || (Cmdlets.Value.TryGetValue(name, out var cmdlet) && !IsProse(first) && !IsUnfinished(first, cmdlet)));
    }

    /// <summary>Whether its last parameter is without the value that it takes.</summary>
    private static bool IsUnfinished(CommandAst command, Type cmdlet) =>
        command.CommandElements is [.., CommandParameterAst { Argument: null } last]
        && cmdlet.GetProperty(last.ParameterName)?.PropertyType != typeof(SwitchParameter);

    /// <summary>Whether it has words that are no parameter, no value of one, and not the one that goes without a name.</summary>
    private static bool IsProse(CommandAst command)
    {
        var parts = command.CommandElements;
        return Enumerable.Range(1, parts.Count - 1)
            .Count(at => parts[at] is not CommandParameterAst && parts[at - 1] is not CommandParameterAst) > 1;
    }

    /// <summary>From a colon to the sentence's end, or to the next part of it. A number or a path may have a full stop within.</summary>
    [GeneratedRegex(@": (?=[A-Z][a-z]+-|(?:" + Programs + @") )(.+?)(?=;|\.(?:\s|$)|$)")]
    private static partial Regex Behind();
}
