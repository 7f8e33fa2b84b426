using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

/// <summary>Runs the published host.</summary>
internal static class HostProcess
{
    private static readonly Dictionary<string, string?> Plain = new() { ["PISAHPC_MODULE"] = null };

    public static Task<ProcessResult> RunAsync(params string[] arguments) =>
        RunningProcess.RunAsync(Repository.Host, arguments, Plain);

    public static Task<ProcessResult> RunWithInputAsync(string input, params string[] arguments) =>
        RunningProcess.RunAsync(Repository.Host, arguments, Plain, input);

    public static RunningProcess Start(params string[] arguments) => RunningProcess.Start(Repository.Host, arguments, Plain);

    public static Task<ProcessResult> RunOnTerminalAsync(string[] arguments, string input = "") => TerminalSession.RunAsync(
        [Repository.Host, .. arguments],
        new Dictionary<string, string?> { ["NO_COLOR"] = null, ["TERM"] = "xterm-256color" },
        input);
}
