namespace PisaHpc.Integration.Harness;

/// <summary>Runs a program on a terminal of its own (script(1)), for what is only done on one.</summary>
public static class TerminalSession
{
    /// <summary>Starts it, with the keyboard to be typed on.</summary>
    public static RunningProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null) =>
        RunningProcess.Start("script", Options(arguments), environment, input: null);

    /// <summary>Runs it to its end; stdout of the result is all that the terminal showed.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    /// <param name="environment">Variables to set; null as a value removes one.</param>
    /// <param name="input">What is typed.</param>
    public static Task<ProcessResult> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string input = "") =>
        RunningProcess.RunAsync("script", Options(arguments), environment, input);

    private static string[] Options(IEnumerable<string> arguments) =>
        ["--quiet", "--return", "--command", "exec " + string.Join(' ', arguments.Select(Quoted)), "/dev/null"];

    private static string Quoted(string argument) => "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
