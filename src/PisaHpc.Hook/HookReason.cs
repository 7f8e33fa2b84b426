using System.Text.RegularExpressions;

namespace PisaHpc.Hook;

/// <summary>Why a start failed, in a form that a hook's shell takes apart and a job's user reads.</summary>
/// <param name="Code">The error's id as a word with dashes: <c>image-missing</c>.</param>
/// <param name="Node">The node; null where it is none's.</param>
/// <param name="Message">What happened, in a line.</param>
internal sealed partial record HookReason(string Code, string? Node, string Message)
{
    private const int Longest = 500;

    /// <summary>The reason for a failure: the first node's, where nodes failed.</summary>
    public static HookReason Of(HpcException failure) => failure.FailedNodes is [var first, ..]
        ? new HookReason(CodeOf(first.Id), first.Node, LineOf(first.Message))
        : new HookReason(CodeOf(failure.Id), null, LineOf(failure.Message));

    /// <summary>The reason for a start that was interrupted.</summary>
    public static HookReason Of(InterruptionCause cause) => new(
        cause.ExitCode == HookExit.MayPass ? "too-slow" : "interrupted",
        null,
        $"Stopped by {cause.Words}; what was started was taken back.");

    /// <summary>An error's id as a word.</summary>
    public static string CodeOf(ErrorId id) => id == ErrorId.ImageNotFound
        ? "image-missing"
        : Inner().Replace(id.ToString(), "-").ToLowerInvariant();

    /// <summary>Code, node and message by blanks.</summary>
    public override string ToString() => $"{Code} {Node ?? "-"} {Message}\n";

    private static string LineOf(string message)
    {
        var line = string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Inner();
}
