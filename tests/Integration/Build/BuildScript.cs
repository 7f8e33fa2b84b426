using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Build;

/// <summary>The functions of build/, called one by one.</summary>
internal static class BuildScript
{
    private static readonly string SetUp = $$"""
        $ErrorActionPreference = 'Stop'
        Set-StrictMode -Version 3
        $Root = '{{Repository.Root}}'
        $Configuration = 'Release'
        foreach ($file in 'Native', 'Build', 'Test', 'Pester', 'Docs', 'Package') { . "$Root/build/$file.ps1" }
        """;

    public static Task<ProcessResult> RunAsync(
        string script, IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? patience = null) =>
        RunningProcess.RunAsync(Repository.Host, ["-NoModule", "-c", $"{SetUp}\n{script}"], environment, patience: patience);

    /// <summary>What a script puts out, after checking that it came to its end.</summary>
    public static async Task<string> OutputAsync(string script, IReadOnlyDictionary<string, string?>? environment = null) =>
        (await RunAsync(script, environment)).EndedWith(0).Output.Trim();
}
