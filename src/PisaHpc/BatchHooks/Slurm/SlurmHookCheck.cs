using PisaHpc.Preflight;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>What the checks of a controller judge.</summary>
/// <param name="Hooks">What stands there.</param>
/// <param name="Site">The site definition.</param>
/// <param name="Deadline">How long the prologs of its nodes may be at a start.</param>
/// <param name="Lua">What stands under the paths of our part of job_submit.lua; null where nothing does.</param>
internal sealed record ControllerEvidence(
    SlurmHooks Hooks, HpcSite Site, TimeSpan Deadline, IReadOnlyDictionary<string, string?> Lua)
{
    /// <summary>What slurmctld runs with.</summary>
    public IReadOnlyDictionary<string, string> Running => Hooks.Controller.Running;

    /// <summary>The longest that one of our hooks lasts, in seconds.</summary>
    public int LongestSec => (int)(Deadline + SlurmConfRequest.TakeBack).TotalSeconds;

    /// <summary>A value that slurmctld runs with, by its first word; empty for none.</summary>
    public string Value(string key) => Running.GetValueOrDefault(key) is { } value and not "(null)" ? value : "";

    /// <summary>A number of seconds that slurmctld runs with; null for none, and for what is no number.</summary>
    public int? Seconds(string key) =>
        int.TryParse(Value(key).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The words of a list that slurmctld runs with.</summary>
    public IReadOnlyList<string> Words(string key) =>
        Value(key).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What the checks of a node judge.</summary>
internal sealed record HookNodeEvidence
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The site definition.</summary>
    public required HpcSite Site { get; init; }

    /// <summary>Files that are not there as they should be, each with how it stands; null where it does not.</summary>
    public required IReadOnlyList<(HookFile File, string? Standing)> Different { get; init; }

    /// <summary>What the node said, by fact.</summary>
    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    /// <summary>The SHA-256 of this machine's site definition; null where it cannot be read.</summary>
    public string? SiteDigest { get; init; }

    /// <summary>The SHA-256 of the controller's slurm.conf.</summary>
    public required string ConfigurationDigest { get; init; }

    /// <summary>This module's version.</summary>
    public required string Version { get; init; }

    /// <summary>How far the node's clock is ahead of this machine's at least, in seconds; negative when it is behind.</summary>
    public double ClockSkewSec { get; init; }

    /// <summary>Who makes the groups of the engine's containers; null when the engine does not answer.</summary>
    public string? CgroupDriver { get; init; }
}

/// <summary>The checks of a Slurm's hooks, in the order in which they fail.</summary>
internal static class SlurmHookChecks
{
    /// <summary>Those of the controller.</summary>
    public static IReadOnlyList<(string Name, Func<ControllerEvidence, CheckFinding> Judge)> OfController { get; } =
    [
        ("HookLines", SlurmConfigurationChecks.Lines), ("PrologFlags", SlurmConfigurationChecks.Flags),
        ("HookTime", SlurmConfigurationChecks.Time),
        ("BatchStart", SlurmConfigurationChecks.BatchStart), ("Credential", SlurmConfigurationChecks.Credential),
        ("KillTime", SlurmConfigurationChecks.KillTime), ("Processes", SlurmConfigurationChecks.Processes),
        ("JobSubmit", SlurmConfigurationChecks.JobSubmit), ("Interactive", SlurmConfigurationChecks.Interactive),
    ];

    /// <summary>Those of a node.</summary>
    public static IReadOnlyList<(string Name, Func<HookNodeEvidence, CheckFinding> Judge)> OfNode { get; } =
    [
        ("HookFiles", HookNodeChecks.Files), ("HookProgram", HookNodeChecks.Program), ("HookSite", HookNodeChecks.SiteDefinition),
        ("HookRecords", HookNodeChecks.Records), ("HookConfig", HookNodeChecks.Configuration),
        ("CgroupDriver", HookNodeChecks.CgroupDriver),
        ("Clock", HookNodeChecks.Clock),
    ];

    /// <summary>The names of all of them.</summary>
    public static IReadOnlyList<string> Names => [.. OfController.Select(check => check.Name), .. OfNode.Select(check => check.Name)];
}
