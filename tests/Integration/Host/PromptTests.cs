using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

public sealed class PromptTests
{
    private static readonly Dictionary<string, string?> Terminal = new() { ["TERM"] = "xterm-256color", ["NO_COLOR"] = "1" };

    [Fact]
    public async Task Ctrl_C_stops_what_runs_and_the_prompt_comes_back()
    {
        using var prompt = Start();
        await prompt.SaysAsync("> ");
        await prompt.TypeAsync("try { [Console]::WriteLine('wait' + 'ing'); while ($true) { [Threading.Thread]::Sleep(20) } } ");
        await prompt.TypeAsync("finally { [Console]::WriteLine('cleaned' + ' up') }\r");
        await prompt.SaysAsync("waiting");
        await prompt.TypeAsync("\x03");
        await prompt.SaysAsync("cleaned up");
        await prompt.TypeAsync("'still' + ' here'\r");
        await prompt.SaysAsync("still here");
        await prompt.TypeAsync("exit 3\r");
        (await prompt.EndAsync()).EndedWith(3);
    }

    [Fact]
    public async Task A_statement_may_take_several_lines_and_Tab_completes()
    {
        using var prompt = Start();
        await prompt.SaysAsync("> ");
        await prompt.TypeAsync("if ($true) {\r");
        await prompt.SaysAsync(">> ");
        await prompt.TypeAsync("'from ' + 'within'\r}\r");
        await prompt.SaysAsync("from within");
        await prompt.TypeAsync("Get-HpcAlloc\t");
        await prompt.SaysAsync("Get-HpcAllocation");
        await prompt.TypeAsync(" -Node 'o2wn[01-02]' -Slot 3,4 -Owner root | ForEach-Object { \"total $($_.TotalSlots)\" }\r");
        await prompt.SaysAsync("total 7");
        await prompt.TypeAsync("\x04");
        (await prompt.EndAsync()).EndedWith(0);
    }

    [Fact]
    public async Task An_error_at_the_prompt_is_shown_and_is_not_the_exit_code()
    {
        using var prompt = Start();
        await prompt.SaysAsync("> ");
        await prompt.TypeAsync("Get-NoSuch\r");
        await prompt.SaysAsync("id: CommandNotFoundException");
        await prompt.TypeAsync("exit\r");
        (await prompt.EndAsync()).EndedWith(0);
    }

    private static RunningProcess Start() => TerminalSession.Start([Repository.Host], Terminal);
}
