namespace PisaHpc.Integration.Harness;

/// <summary>Runs a program on a terminal of its own (script(1)), for what is only done on one.</summary>
public static class TerminalSession
{
    /// <summary>Runs it to its end; stdout of the result is all that the terminal showed.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    /// <param name="environment">Variables to set; null as a value removes one.</param>
    /// <param name="input">What is typed.</param>
    public static Task<ProcessResult> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string input = "") =>
        RunningProcess.RunAsync(
            "script", ["--quiet", "--return", "--command", string.Join(' ', arguments.Select(Quoted)), "/dev/null"], environment, input);

    private static string Quoted(string argument) => "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
