using System.IO.Enumeration;

namespace PisaHpc.Sites;

/// <summary>A finding of an audit that the site lives with, and why. All patterns that it names have to fit.</summary>
public sealed record AuditWaiver
{
    /// <summary>The check whose findings it is for.</summary>
    public required string Check { get; init; }

    /// <summary>The environments, by a pattern with * and ?; null for any.</summary>
    public string? Environment { get; init; }

    /// <summary>The static environments; null for any container.</summary>
    public string? Static { get; init; }

    /// <summary>The images, without a digest; null for any.</summary>
    public string? Image { get; init; }

    /// <summary>How bad a finding that it is for may be, as findings say it: Notice, Warning or Error. What is worse stays open.</summary>
    public string Severity { get; init; } = "Warning";

    /// <summary>Why the site lives with it.</summary>
    public required string Reason { get; init; }

    /// <summary>The last day, of UTC, on which it holds; null for one without an end.</summary>
    public DateOnly? Until { get; init; }

    /// <summary>Where it stands.</summary>
    public SourcePosition? Position { get; init; }

    /// <summary>Whether it holds on a day.</summary>
    internal bool HoldsOn(DateOnly day) => Until is not { } last || day <= last;

    /// <summary>Whether it is for a finding.</summary>
    /// <param name="staticEnvironment">The static environment; null for none.</param>
    /// <param name="image">The image without its digest.</param>
    internal bool IsFor(string check, string environment, string? staticEnvironment, string image) =>
        check == Check && Fits(Environment, environment) && Fits(Static, staticEnvironment ?? "") && Fits(Image, image);

    private static bool Fits(string? pattern, string name) =>
        pattern is null || (name.Length > 0 && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true));
}
