namespace PisaHpc.Module.Completion;

/// <summary>A value that an argument may have.</summary>
/// <param name="Text">The value, without quotes.</param>
/// <param name="ToolTip">What it is, in a line.</param>
internal sealed record CompletionCandidate(string Text, string ToolTip);
