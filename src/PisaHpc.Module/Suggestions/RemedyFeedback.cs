using System.Management.Automation;
using System.Management.Automation.Subsystem.Feedback;

namespace PisaHpc.Module.Suggestions;

/// <summary>
/// What the prompt shows below a command that failed: what the error is about, and the commands of its next step, ready to be typed. It
/// says what the error says, and knows nothing of its own.
/// </summary>
internal sealed class RemedyFeedback : IFeedbackProvider
{
    /// <inheritdoc/>
    public Guid Id { get; } = new("6d0f0a1e-59d5-4c55-8b4c-8c8d4a5f9b10");

    /// <inheritdoc/>
    public string Name => nameof(PisaHpc);

    /// <inheritdoc/>
    public string Description => "The commands that the errors of PisaHpc name as the next step.";

    /// <inheritdoc/>
    public FeedbackTrigger Trigger => FeedbackTrigger.Error;

    /// <summary>The commands of the error that was shown last.</summary>
    public static IReadOnlyList<string> Last { get; private set; } = [];

    /// <inheritdoc/>
    public FeedbackItem? GetFeedback(FeedbackContext context, CancellationToken token) => Of(context.LastError);

    /// <summary>The feedback on an error; null for one of somebody else's, and for one whose next step is no command.</summary>
    internal static FeedbackItem? Of(ErrorRecord? error)
    {
        if (error is not { Exception: HpcException, ErrorDetails.RecommendedAction: { Length: > 0 } remedy })
        {
            return null;
        }

        var commands = RemedyCommands.In(remedy);
        if (commands.Count == 0)
        {
            return null;
        }

        Last = commands;
        var about = error.TargetObject is { } target ? $": {target}" : "";
        return new FeedbackItem($"{error.FullyQualifiedErrorId.Split(',')[0]}{about}", [.. commands]);
    }
}
