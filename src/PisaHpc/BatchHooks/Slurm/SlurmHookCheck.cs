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
    public int LongestSec => (int)(Deadline + HookPlace.TakeBack).TotalSeconds;

    /// <summary>A value that slurmctld runs with, by its first word; empty for none.</summary>
    public string Value(string key) => Running.GetValueOrDefault(key) is { } value and not "(null)" ? value : "";

    /// <summary>A number of seconds that slurmctld runs with; null for none, and for what is no number.</summary>
    public int? Seconds(string key) =>
        int.TryParse(Value(key).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The words of a list that slurmctld runs with.</summary>
    public IReadOnlyList<string> Words(string key) =>
        Value(key).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The checks of a Slurm's hooks, in the order in which they fail.</summary>
internal static class SlurmHookChecks
{
    /// <summary>Those of the controller.</summary>
    public static IReadOnlyList<HookCheck<ControllerEvidence>> OfController { get; } =
    [
        new("HookLines", SlurmConfigurationChecks.Lines), new("PrologFlags", SlurmConfigurationChecks.Flags),
        new("HookTime", SlurmConfigurationChecks.Time),
        new("BatchStart", SlurmConfigurationChecks.BatchStart), new("Credential", SlurmConfigurationChecks.Credential),
        new("KillTime", SlurmConfigurationChecks.KillTime), new("Processes", SlurmConfigurationChecks.Processes),
        new("JobSubmit", SlurmConfigurationChecks.JobSubmit), new("Interactive", SlurmConfigurationChecks.Interactive),
    ];

    /// <summary>Those of a node.</summary>
    public static IReadOnlyList<HookCheck<HookNodeEvidence>> OfNode { get; } =
    [
        new("HookFiles", HookNodeChecks.Files), new("HookProgram", HookNodeChecks.Program), new("HookSite", HookNodeChecks.SiteDefinition),
        new("HookRecords", HookNodeChecks.Records), new("HookConfig", SlurmConfigurationChecks.OfNode),
        new("CgroupDriver", HookNodeChecks.CgroupDriver),
        new("Clock", HookNodeChecks.Clock),
    ];

    /// <summary>The names of all of them.</summary>
    public static IReadOnlyList<string> Names => [.. OfController.Select(check => check.Name), .. OfNode.Select(check => check.Name)];
}
