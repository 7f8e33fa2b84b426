using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>Where a client has a terminal, the program has one of the container's own that looks like it.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentTerminalTests : IAsyncLifetime
{
    private const string Loop = "while :; do sleep 0.01; done";

    private ServedAgent _agent = null!;

    public async Task InitializeAsync() => _agent = await ServedAgent.StartAsync("--grace", "1");

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact]
    public async Task A_program_has_a_terminal_of_the_clients_size_and_its_exit_code_comes_back()
    {
        using var terminal = await StartRawAsync("sh", "-c", "tty; stty size; read line; echo \"got $line\"; exit 3");
        await terminal.ShowsAsync("40 100\r\n");
        Assert.Matches("^/dev/pts/[0-9]+\r\n40 100\r\n$", Written(terminal));
        terminal.Type("hello\n");
        Assert.Equal(3, await terminal.EndAsync());
        await terminal.ShowsAsync("hello\r\ngot hello\r\n");
    }

    [Fact]
    public async Task A_new_size_of_the_window_reaches_the_program()
    {
        using var terminal = TestTerminal.Start(_agent, ["sh", "-c", $"trap 'stty size' WINCH; echo ready; {Loop}"]);
        await terminal.ShowsAsync("ready\r\n");
        terminal.Resize(50, 120);
        await terminal.ShowsAsync("50 120\r\n");
    }

    [Fact]
    public async Task Ctrl_C_ends_the_program_and_the_client_by_the_same_signal()
    {
        using var terminal = TestTerminal.Start(_agent, ["sh", "-c", "trap 'echo int; trap - INT; kill -INT $$' INT; echo ready; " + Loop]);
        await terminal.ShowsAsync("ready\r\n");
        terminal.Type("\x03");
        Assert.Equal(128 + Libc.SigInt, await terminal.EndAsync());
        Assert.Single(terminal.Shown.Split("int\r\n")[1..]);
        await _agent.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task All_that_a_program_wrote_before_its_end_is_shown()
    {
        using var terminal = await StartRawAsync("seq", "200000");
        Assert.Equal(0, await terminal.EndAsync());
        await terminal.ShowsAsync("\r\n200000\r\n");
        Assert.Equal(string.Concat(Enumerable.Range(1, 200000).Select(i => $"{i}\r\n")), Written(terminal));
    }

    [Theory]
    [InlineData("exit 0")]
    [InlineData("kill -KILL $$")]
    public async Task The_terminal_is_as_it_was_after_any_end(string end)
    {
        using var terminal = TestTerminal.StartShell(_agent, "sh", "-c", $"stty -echo; echo before; $RUN sh -c 'stty -icanon min 7; {end}'; echo after; {Loop}");
        await terminal.ShowsAsync("after");
        var settings = await terminal.SettingsAsync();
        Assert.Contains(" icanon", settings, StringComparison.Ordinal);
        Assert.Contains(" -echo ", settings, StringComparison.Ordinal);
        Assert.Contains("opost", settings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_to_the_client_restores_the_terminal_too()
    {
        using var terminal = TestTerminal.StartShell(_agent, "sh", "-c", $"$RUN sh -c 'echo ready; exec sleep 600'; echo after $?; {Loop}");
        await terminal.ShowsAsync("ready");
        var client = Assert.Single(_agent.Marked(), id => CommandOf(id).StartsWith(ServedAgent.ClientProgram, StringComparison.Ordinal));
        Assert.Equal(0, Libc.Kill(client, Libc.SigTerm));
        await terminal.ShowsAsync("after 143\r\n");
        Assert.Contains(" icanon", await terminal.SettingsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shell_in_the_container_has_job_control()
    {
        using var terminal = TestTerminal.Start(_agent, ["env", "PS1=> ", "bash", "--norc", "--noediting", "-i"]);
        await terminal.ShowsAsync("> ");
        terminal.Type("sleep 600\n");
        await Wait.UntilAsync(() => _agent.Marked().Any(id => CommandOf(id) == "sleep\0600\0"), () => terminal.Shown);
        terminal.Type("\x1a");
        await terminal.ShowsAsync("Stopped");
        // Until the shell has seen that the job goes on, wait says at once that it is stopped.
        terminal.Type("kill %1; while wait %1; code=$?; [ $code = 148 ]; do :; done; echo code=$code; exit 4\n");
        await terminal.ShowsAsync("code=143");
        Assert.Equal(4, await terminal.EndAsync());
    }

    /// <summary>The shell outside takes the stopped client for the program, and gives it the terminal back.</summary>
    [Fact]
    public async Task Ctrl_Z_stops_program_and_client_for_the_shell_outside()
    {
        using var terminal = TestTerminal.StartShell(_agent, "bash", "--norc", "--noediting", "-i");
        await terminal.ShowsAsync("$ ");
        terminal.Type("$RUN sh -c 'echo begun; read a; echo \"a is $a\"'\n");
        await terminal.ShowsAsync("begun\r");
        terminal.Type("\x1a");
        await terminal.ShowsAsync("Stopped");
        Assert.Contains(" icanon", await terminal.SettingsAsync(), StringComparison.Ordinal);
        terminal.Type("fg\n");
        await IsRawAsync(terminal);
        terminal.Type("word\n");
        await PromptsBehindAsync(terminal, "a is word");
        terminal.Type("exit\n");
        Assert.Equal(0, await terminal.EndAsync());
    }

    /// <summary>The shell says nothing to a program that already goes on when it gets the terminal.</summary>
    [Fact]
    public async Task What_was_continued_in_the_background_has_the_keyboard_when_it_comes_to_the_foreground()
    {
        using var terminal = TestTerminal.StartShell(_agent, "bash", "--norc", "--noediting", "-i");
        await terminal.ShowsAsync("$ ");
        terminal.Type("$RUN sh -c 'echo begun; read a; echo \"a is $a\"'\n");
        await terminal.ShowsAsync("begun\r");
        terminal.Type("\x1a");
        await terminal.ShowsAsync("Stopped");
        terminal.Type("bg\n");
        await terminal.ShowsAsync("' &\r\n");
        terminal.Type("fg\n");
        await IsRawAsync(terminal);
        terminal.Type("word\n");
        await PromptsBehindAsync(terminal, "a is word");
        terminal.Type("exit\n");
        Assert.Equal(0, await terminal.EndAsync());
    }

    [Fact]
    public async Task A_program_in_the_background_takes_no_key_from_the_shell()
    {
        var file = Path.Combine(_agent.Folder, "taken");
        using var terminal = TestTerminal.StartShell(_agent, "bash", "--norc", "--noediting", "-i");
        await terminal.ShowsAsync("$ ");
        terminal.Type($"$RUN sh -c 'echo begun; head -n 1 >{file}' &\n");
        await terminal.ShowsAsync("begun\r");
        for (var i = 0; i < 5; i++)
        {
            terminal.Type($"echo typed$(({i} + 10))\n");
            await terminal.ShowsAsync($"typed{i + 10}\r\n");
        }

        terminal.Type("fg\n");
        await IsRawAsync(terminal);
        terminal.Type("mine\n");
        await Wait.UntilAsync(() => File.Exists(file) && File.ReadAllText(file) == "mine\n", () => terminal.Shown);
        await PromptsBehindAsync(terminal, "mine\r");
        terminal.Type("exit\n");
        Assert.Equal(0, await terminal.EndAsync());
    }

    [Fact]
    public async Task A_terminal_that_takes_nothing_does_not_hold_up_a_signal()
    {
        var file = Path.Combine(_agent.Folder, "told");
        using var terminal = TestTerminal.StartStalled(_agent, "sh", "-c", $"trap 'echo told >{file}; exit 4' TERM; yes & wait");
        var (written, times) = ("", 0);
        await Wait.UntilAsync(
            () =>
            {
                var now = File.ReadLines($"/proc/{terminal.Id}/io").Single(line => line.StartsWith("wchar:", StringComparison.Ordinal));
                times = now == written && now.Length > "wchar: 1000".Length ? times + 1 : 0;
                written = now;
                return times == 20;
            },
            () => $"it is still written to: {written}");
        Assert.Equal(0, Libc.Kill(terminal.Id, Libc.SigTerm));
        await Wait.UntilAsync(() => File.Exists(file), () => "the program was not told");
        Assert.Equal(4, await terminal.EndAsync());
        await _agent.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Errors_that_go_to_another_terminal_go_there()
    {
        using var other = TestTerminal.StartShell(_agent, "sleep", "600");
        using var terminal = TestTerminal.Start(_agent, ["sh", "-c", "echo shown; echo elsewhere >&2"], $"2>{other.Path}");
        await other.ShowsAsync("elsewhere\r\n");
        Assert.Equal(0, await terminal.EndAsync());
        await terminal.ShowsAsync("shown\r\n");
        Assert.DoesNotContain("elsewhere", terminal.Shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_that_goes_is_the_end_of_input_for_one_who_ignores_the_hang_up()
    {
        var file = Path.Combine(_agent.Folder, "end");
        using (var terminal = TestTerminal.StartShell(
            _agent, "script", "--quiet", "--command", $"trap '' HUP; $RUN sh -c 'echo ready; cat; echo end >>{file}'", "/dev/null"))
        {
            await terminal.ShowsAsync("ready");
            var script = Assert.Single(_agent.Marked(), id => CommandOf(id).StartsWith("script\0", StringComparison.Ordinal));
            Assert.Equal(0, Libc.Kill(script, Libc.SigKill));
            await Wait.UntilAsync(() => File.Exists(file), () => "cat still reads");
        }

        await _agent.AssertNothingLeftAsync();
        Assert.Equal("end\n", await File.ReadAllTextAsync(file));
    }

    /// <summary>Where only the output goes elsewhere, the terminal's Ctrl-C reaches the client alone, which hands it on to all of the program's group.</summary>
    [Fact]
    public async Task Without_a_terminal_of_its_own_a_program_gets_Ctrl_C_once()
    {
        var file = Path.Combine(_agent.Folder, "output");
        using var terminal = TestTerminal.Start(
            _agent,
            ["bash", "-c", $"trap 'echo int' INT; perl -e '$SIG{{INT}} = sub {{ print \"child\\n\"; exit }}; $| = 1; print \"ready\\n\"; sleep 1 while 1' & wait; wait; wait; echo end; exit 5"],
            $">{file}");
        await Wait.UntilAsync(() => File.Exists(file) && File.ReadAllText(file).Contains("ready", StringComparison.Ordinal), () => "it is not ready");
        terminal.Type("\x03");
        Assert.Equal(5, await terminal.EndAsync());
        Assert.Equal(["child", "end", "int", "ready"], (await File.ReadAllLinesAsync(file)).Order());
    }

    [Fact]
    public async Task Errors_that_go_elsewhere_do_not_go_to_the_terminal()
    {
        var file = Path.Combine(_agent.Folder, "errors");
        using var terminal = TestTerminal.Start(_agent, ["sh", "-c", "echo shown; echo hidden >&2"], $"2>{file}");
        Assert.Equal(0, await terminal.EndAsync());
        await terminal.ShowsAsync("shown\r\n");
        Assert.Equal("hidden\n", await File.ReadAllTextAsync(file));
        Assert.DoesNotContain("hidden", terminal.Shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_terminal_is_made_where_none_is_wanted_or_there()
    {
        using (var terminal = TestTerminal.Start(_agent, ["--no-tty", "sh", "-c", "tty </dev/tty || echo none"]))
        {
            Assert.Equal(0, await terminal.EndAsync());
            await terminal.ShowsAsync("none\r\n");
        }

        var piped = await _agent.RunShellAsync("tty");
        Assert.Equal("not a tty\n", piped.EndedWith(1).Output);
        var forced = await _agent.RunAsync(["--tty", "true"]);
        Assert.Equal((64, "pisahpc-run: --tty: standard input and output are not the terminal of this session\n"), (forced.ExitCode, forced.Error));
    }

    [Fact]
    public async Task A_terminal_that_goes_hangs_the_program_up()
    {
        var file = Path.Combine(_agent.Folder, "hangup");
        using (var terminal = TestTerminal.StartShell(
            _agent, "script", "--quiet", "--command", $"$RUN sh -c 'trap \"echo hup >>{file}; exit\" HUP; echo ready; {Loop}'", "/dev/null"))
        {
            await terminal.ShowsAsync("ready");
            var script = Assert.Single(_agent.Marked(), id => CommandOf(id).StartsWith("script\0", StringComparison.Ordinal));
            Assert.Equal(0, Libc.Kill(script, Libc.SigKill));
            await Wait.UntilAsync(() => File.Exists(file), () => "no hang-up");
        }

        await _agent.AssertNothingLeftAsync();
        Assert.Equal("hup\n", await File.ReadAllTextAsync(file));
    }

    /// <summary>
    /// Starts a program that begins when the client has made its own terminal raw: what arrives before gets a carriage return more there.
    /// </summary>
    private async Task<TestTerminal> StartRawAsync(params IEnumerable<string> program)
    {
        const string Begin = "stty -echo; echo ready; read -r go; stty echo; exec \"$@\"";
        var terminal = TestTerminal.Start(_agent, ["sh", "-c", Begin, "sh", .. program]);
        await terminal.ShowsAsync("ready");
        await IsRawAsync(terminal);
        terminal.Type("\n");
        return terminal;
    }

    /// <summary>What a program wrote that <see cref="StartRawAsync"/> started.</summary>
    private static string Written(TestTerminal terminal) => terminal.Shown.Split("ready", 2)[1].TrimStart('\r', '\n');

    private static Task IsRawAsync(TestTerminal terminal) =>
        Wait.UntilAsync(() => terminal.SettingsAsync().Result.Contains("-icanon", StringComparison.Ordinal), () => terminal.Shown);

    /// <summary>What is typed before the shell prompts again is still the program's.</summary>
    private static Task PromptsBehindAsync(TestTerminal terminal, string said) => terminal.ShowsAsync(
        shown => shown.Split(said) is [_, .., var behind] && behind.Contains("$ ", StringComparison.Ordinal), $"a prompt behind {said}");

    private static string CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
