using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

/// <summary>The pwsh that .config/dotnet-tools.json pins: what the host is held against where it promises to do as pwsh does.</summary>
internal static class Pwsh
{
    private static readonly Lazy<Task> Restored = new(async () =>
        (await RunningProcess.RunAsync("dotnet", ["tool", "restore"], patience: TimeSpan.FromMinutes(5))).EndedWith(0));

    /// <summary>Sees to it that it is there.</summary>
    public static Task RestoredAsync() => Restored.Value;

    public static async Task<ProcessResult> RunAsync(params string[] arguments)
    {
        await RestoredAsync();
        var quiet = new Dictionary<string, string?> { ["NO_COLOR"] = "1", ["POWERSHELL_TELEMETRY_OPTOUT"] = "1" };
        return await RunningProcess.RunAsync("dotnet", ["pwsh", "-NoProfile", "-NonInteractive", .. arguments], quiet);
    }
}
