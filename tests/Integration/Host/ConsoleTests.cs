using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

public sealed class ConsoleTests
{
    [Fact]
    public async Task A_person_who_names_nothing_to_run_gets_PowerShells_own_console_with_the_module()
    {
        // A terminal that can be asked where its cursor is would have to answer.
        using var console = TerminalSession.Start([Repository.Host], new Dictionary<string, string?> { ["TERM"] = "dumb" });
        await console.SaysAsync("> ");
        await console.TypeAsync("\"$($Host.Name) has $((Get-Command Get-HpcJob).Source)\"\r");
        await console.SaysAsync("ConsoleHost has PisaHpc");
        await console.TypeAsync("exit 3\r");
        (await console.EndAsync()).EndedWith(3);
    }
}
