using System.Management.Automation.Subsystem.Prediction;

namespace PisaHpc.Module.Suggestions;

/// <summary>
/// Proposes, while somebody types, the commands that the last feedback named. PSReadLine waits 20 ms for it: it looks at what is there, and
/// goes to no node and to no file.
/// </summary>
internal sealed class RemedyPredictor : ICommandPredictor
{
    /// <inheritdoc/>
    public Guid Id { get; } = new("0f6f3c0a-2a0d-4b9b-9d6c-3d1c5e7f2a11");

    /// <inheritdoc/>
    public string Name => nameof(PisaHpc);

    /// <inheritdoc/>
    public string Description => "The commands that the errors of PisaHpc name as the next step.";

    /// <inheritdoc/>
    public SuggestionPackage GetSuggestion(PredictionClient client, PredictionContext context, CancellationToken cancellationToken)
    {
        var line = context.InputAst.Extent.Text;
        List<PredictiveSuggestion> begun =
        [
            .. from command in RemedyFeedback.Last
               where command.Length > line.Length && command.StartsWith(line, StringComparison.OrdinalIgnoreCase)
               select new PredictiveSuggestion(command),
        ];
        return line.Length == 0 || begun.Count == 0 ? default : new SuggestionPackage(begun);
    }
}
