using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace PisaHpc.Host.Scripts;

/// <summary>Where a script's text comes from, and how it becomes a pipeline.</summary>
internal static class ScriptSource
{
    private const string ExecutionContext = "System.Management.Automation.ExecutionContext, System.Management.Automation";

    /// <summary>The commands of a text, in the runspace's own scope.</summary>
    public static Action<PowerShell> Text(string text) => shell => shell.AddScript(text, useLocalScope: false);

    /// <summary>The call of a script file, as <c>pwsh -File</c> makes it: a name without .ps1 is a script as well, by its text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arguments">The script's arguments as the command line gave them.</param>
    /// <exception cref="UsageException">The file does not exist.</exception>
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

        var command = full.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase)
            ? new Command(full, isScript: false, useLocalScope: false)
            : new Command(ast.Extent.Text, isScript: true, useLocalScope: false);
        foreach (var argument in ScriptArguments.Of(ast.ParamBlock, arguments))
        {
            command.Parameters.Add(argument);
        }

        return shell =>
        {
            shell.Commands.AddCommand(command);
            SetExitEndsPipeline(ContextOf(shell.Runspace), true);
        };
    }

    // A script's exit would end the script alone and leave a LASTEXITCODE, which a native program leaves too. ConsoleHost, which is
    // pwsh -File, asks for this in the same way (DoRunspaceInitialization); there is no public one.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ExecutionContext")]
    [return: UnsafeAccessorType(ExecutionContext)]
    private static extern object ContextOf(Runspace runspace);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_ScriptCommandProcessorShouldRethrowExit")]
    private static extern void SetExitEndsPipeline([UnsafeAccessorType(ExecutionContext)] object context, bool value);
}
