using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

public sealed class ConsoleTests
{
    [Fact]
    public async Task A_person_who_names_nothing_to_run_gets_PowerShells_own_console_with_the_module()
    {
        using var console = TerminalPrompt.Start([Repository.Host]);
        await console.ShowsAsync("> ");
        await console.TypeAsync("\"$($Host.Name) has $((Get-Command Get-HpcJob).Source)\"; exit 3\r");
        await console.ShowsAsync("ConsoleHost has PisaHpc");
        (await console.EndAsync()).EndedWith(3);
    }

    [Fact]
    public async Task A_prompt_that_was_asked_to_shows_the_commands_that_an_error_names()
    {
        await Pwsh.RestoredAsync();
        var import = $"Remove-Module PSReadLine -ErrorAction Ignore; Import-Module '{Repository.Manifest}' -ArgumentList Suggestions";
        // Feedback is shown where there is room for it.
        const string Terminal = "stty rows 30 cols 100; exec dotnet pwsh -NoProfile -NoExit -Command \"$0\"";
        using var console = TerminalPrompt.Start(["sh", "-c", Terminal, import]);
        await console.ShowsAsync("> ");
        await console.TypeAsync("Get-HpcAllocation\r");
        // The error's own view has its sentences, and not its id.
        await console.ShowsAsync("AllocationNotFound");
    }
}
