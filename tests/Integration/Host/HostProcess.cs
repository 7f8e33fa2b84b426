using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

/// <summary>Runs the published host.</summary>
internal static class HostProcess
{
    private static readonly Dictionary<string, string?> Plain = new() { ["PISAHPC_MODULE"] = null };

    /// <summary>A minute (0xEA60 ms) without anything new before the runtime compiles anew what runs often.</summary>
    private static readonly Dictionary<string, string?> CompilingOnce = new(Plain) { ["DOTNET_TC_CallCountingDelayMs"] = "EA60" };

    public static Task<ProcessResult> RunAsync(params string[] arguments) =>
        RunningProcess.RunAsync(Repository.Host, arguments, Plain);

    /// <summary>
    /// Where methods are counted: a slow or busy machine has time to compile many of them a second time, which is nothing of a start's.
    /// </summary>
    public static Task<ProcessResult> RunCompilingOnceAsync(params string[] arguments) =>
        RunningProcess.RunAsync(Repository.Host, arguments, CompilingOnce);

    public static Task<ProcessResult> RunWithInputAsync(string input, params string[] arguments) =>
        RunningProcess.RunAsync(Repository.Host, arguments, Plain, input);

    public static RunningProcess Start(params string[] arguments) => RunningProcess.Start(Repository.Host, arguments, Plain);

    public static Task<ProcessResult> RunOnTerminalAsync(string[] arguments, string input = "") => TerminalSession.RunAsync(
        [Repository.Host, .. arguments],
        new Dictionary<string, string?> { ["NO_COLOR"] = null, ["TERM"] = "xterm-256color" },
        input);
}
