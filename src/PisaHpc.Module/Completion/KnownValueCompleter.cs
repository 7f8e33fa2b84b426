using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PisaHpc.Module.Completion;

/// <summary>Completes an argument from what the module itself knows, whatever the site and the line.</summary>
/// <param name="candidates">All values that it may have.</param>
internal abstract class KnownValueCompleter(IEnumerable<CompletionCandidate> candidates) : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        new CompletionWord(wordToComplete ?? "").Complete(candidates);
}
