using System.Management.Automation;
using System.Management.Automation.Language;

namespace PisaHpc.Host.Scripts;

/// <summary>Where a script's text comes from, and how it becomes a pipeline.</summary>
internal static class ScriptSource
{
    /// <summary>The commands of a text, in the runspace's own scope.</summary>
    public static Action<PowerShell> Text(string text) => shell => shell.AddScript(text, useLocalScope: false);

    /// <summary>The commands of a statement that a person typed: Get-History shows it as it was typed.</summary>
    public static Action<PowerShell> Typed(string statement) => shell =>
    {
        shell.AddScript(statement, useLocalScope: false);
        shell.HistoryString = statement;
    };

    /// <summary>
    /// The commands of a script file. It runs as a block that knows its file, not as a called script: so <c>exit</c> in it ends the process
    /// with its code, as it does for pwsh -File.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="arguments">The script's arguments as the command line gave them.</param>
    /// <exception cref="UsageException">The file does not exist, or an argument does not fit its parameters.</exception>
    /// <exception cref="ParseException">The file is not valid.</exception>
    public static Action<PowerShell> File(string path, IReadOnlyList<string> arguments)
    {
        var full = Path.GetFullPath(path);
        if (!System.IO.File.Exists(full))
        {
            throw new UsageException($"The script {path} does not exist (looked for {full}).");
        }

        var ast = Parser.ParseFile(full, out _, out var errors);
        if (errors.Length > 0)
        {
            throw new ParseException(errors);
        }

        var bound = ScriptArguments.Bind(ast.ParamBlock, arguments);
        return shell => shell
            .AddScript("param($Script, $Named, $Positional) . $Script @Named @Positional", useLocalScope: false)
            .AddArgument(ast.GetScriptBlock())
            .AddArgument(bound.Named)
            .AddArgument(bound.Positional);
    }
}
