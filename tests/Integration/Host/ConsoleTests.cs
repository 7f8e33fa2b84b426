using System.Diagnostics;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

public sealed class ConsoleTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_person_who_names_nothing_to_run_gets_PowerShells_own_console_with_the_module()
    {
        // From a shell: where a pwsh runs the tests, the host would find that one's PSReadLine, which reads answers of the terminal itself.
        var environment = new Dictionary<string, string?> { ["TERM"] = "xterm-256color", ["PSModulePath"] = null };
        using var console = TerminalSession.Start([Repository.Host], environment);
        var answered = await ShowsAsync(console, "> ", 0);
        await console.TypeAsync("\"$($Host.Name) has $((Get-Command Get-HpcJob).Source)\"; exit 3\r");
        await ShowsAsync(console, "ConsoleHost has PisaHpc", answered);
        (await console.EndAsync()).EndedWith(3);
    }

    /// <summary>
    /// Waits for a text, and meanwhile answers as a terminal does that is asked where its cursor is (ECMA-48, DSR): .NET reads whatever is
    /// typed instead of an answer into keys that nobody pressed.
    /// </summary>
    /// <returns>How many questions have been answered so far.</returns>
    private static async Task<int> ShowsAsync(RunningProcess console, string text, int answered)
    {
        var since = Stopwatch.StartNew();
        while (!console.OutputSoFar.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(since.Elapsed < Deadline, $"The console did not show '{text}':\n{console.OutputSoFar}");
            for (var asked = console.OutputSoFar.Split("\e[6n").Length - 1; answered < asked; answered++)
            {
                await console.TypeAsync("\e[1;1R");
            }

            await Task.Delay(5);
        }

        return answered;
    }
}
