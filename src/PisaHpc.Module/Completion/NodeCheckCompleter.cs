using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PisaHpc.Preflight;

namespace PisaHpc.Module.Completion;

/// <summary>Completes the names of the checks of Test-HpcNode.</summary>
internal sealed class NodeCheckCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = new CompletionWord(wordToComplete ?? "");
        return
        [
            .. NodeChecks.All.Select(check => check.Name).Where(word.Matches)
                .Select(name => new CompletionResult(word.Write(name), name, CompletionResultType.ParameterValue, name)),
        ];
    }
}
