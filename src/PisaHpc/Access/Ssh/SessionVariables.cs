namespace PisaHpc.Access.Ssh;

/// <summary>The variables of ssh sessions, as sshd's <c>SetEnv</c> takes them (sshd_config(5), OpenSSH 7.8).</summary>
public static class SessionVariables
{
    /// <summary>The variable that marks every process of an MPI run, on every node: each login hands it on.</summary>
    public const string RunMark = "PISAHPC_RUN";

    /// <summary>
    /// The value of SetEnv: all variables in one, since sshd heeds the first SetEnv only. A login does not inherit the container's
    /// environment, so that ranks would lose LD_LIBRARY_PATH or CUDA_VISIBLE_DEVICES (skypilot#10407).
    /// </summary>
    /// <param name="variables">The variables; at least one.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a name that is none, or a value with a line feed, a double quote or a backslash, which SetEnv
    /// cannot carry in every OpenSSH.
    /// </exception>
    public static string Value(IReadOnlyDictionary<string, string> variables) =>
        string.Join(' ', variables.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(Assignment));

    private static string Assignment(KeyValuePair<string, string> variable)
    {
        var isName = variable.Key.Length > 0 && variable.Key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
        if (!isName || variable.Value.AsSpan().IndexOfAny("\n\r\0\"\\") >= 0)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"The variable {variable.Key} cannot be given to ssh sessions: its name or value holds a character that sshd's SetEnv "
                + "cannot carry.",
                variable.Key,
                "Leave it out of the environment's variables, or set it in the program's own script.");
        }

        return $"\"{variable.Key}={variable.Value}\"";
    }
}
