using System.Diagnostics;
using System.Globalization;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Containers;

/// <summary>A person's session in a container, on a real terminal.</summary>
[Collection(LabTests.Name)]
public sealed class EnterTests(CommandJobFixture job) : IClassFixture<CommandJobFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string, string[]> Shells => new()
    {
        { "pisahpc", [Repository.Host, "-Command"] },
        { "pwsh", ["dotnet", "pwsh", "-NoProfile", "-Command"] },
    };

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task The_terminal_is_the_shells_until_it_ends(string name, string[] program)
    {
        using var session = Start(program, "Enter-HpcContainer -JobId $JobId -Node o2wn01; \"$name said $LASTEXITCODE\"".Replace("$name", name, StringComparison.Ordinal));
        await session.SaysAsync("$ ");
        await session.TypeAsync("echo u''ser $(id -u) $PWD $TERM\r");
        await session.SaysAsync($"user 4001 {job.Home} xterm");

        var terminal = TerminalOf("Enter-HpcContainer");
        (await RunningProcess.RunAsync("stty", [$"--file={terminal}", "rows", "31", "cols", "77"])).EndedWith(0);
        await session.TypeAsync("until [ \"$(stty size)\" = '31 77' ]; do :; done; echo res''ized\r");
        await session.SaysAsync("resized");

        await session.TypeAsync("sleep 7791\r");
        await job.UntilAsync(processes => processes.Any(line => line.EndsWith("sleep 7791", StringComparison.Ordinal)), Patience);
        await session.TypeAsync("\u0003");
        await session.TypeAsync("echo ali''ve $?; printf 'x%sx\\n' grüße計算\r");
        await session.SaysAsync("alive 130");
        await session.SaysAsync("xgrüße計算x");

        await session.TypeAsync("exit 5\r");
        await session.SaysAsync($"{name} said 5");
        (await session.EndAsync()).EndedWith(0);
        await job.UntilAsync(processes => processes.Count == 0, Patience);
    }

    [Fact]
    public async Task Root_enters_too_with_a_program_in_place_of_a_shell_and_a_killed_caller_leaves_nothing()
    {
        using var session = Start(
            [Repository.Host, "-Command"],
            "Enter-HpcContainer sh '-c', 'echo \"up as $(id -u) in $PWD\"; sleep 7792 & exec sleep 7793' -JobId $JobId -Node o2wn02 -User root -WorkingDirectory /etc");
        await session.SaysAsync("up as 0 in /etc");
        await job.UntilAsync(processes => processes.Count(line => line.Contains("sleep 779", StringComparison.Ordinal)) == 2, Patience);
        using (var caller = Process.GetProcessById(CallerOf("Enter-HpcContainer")))
        {
            caller.Kill();
        }

        await job.UntilAsync(processes => processes.Count == 0, Patience);
    }

    [Fact]
    public async Task Two_keys_leave_a_session_whose_program_takes_none()
    {
        using var session = Start(
            [Repository.Host, "-Command"], "Enter-HpcContainer sh '-c', 'echo up; exec sleep 7794' -JobId $JobId -Node o2wn01; \"left with $LASTEXITCODE\"");
        await session.SaysAsync("up");
        await session.TypeAsync("~.");
        await session.SaysAsync("left with 129");
        (await session.EndAsync()).EndedWith(0);
        await job.UntilAsync(processes => processes.Count == 0, Patience);
    }

    [Fact]
    public async Task A_signal_that_ends_the_caller_gives_the_terminal_back_first()
    {
        const string Around = "before=$(stty -g); \"$@\"; [ \"$(stty -g)\" = \"$before\" ] && echo the same";
        using var session = Start(
            ["sh", "-c", Around, "sh", "dotnet", "pwsh", "-NoProfile", "-Command"],
            "Enter-HpcContainer sh '-c', 'echo up; exec sleep 7795' -JobId $JobId -Node o2wn02");
        await session.SaysAsync("up");
        (await RunningProcess.RunAsync("kill", ["-TERM", CallerOf("Enter-HpcContainer").ToString(CultureInfo.InvariantCulture)])).EndedWith(0);
        await session.SaysAsync("the same");
        (await session.EndAsync()).EndedWith(0);
        await job.UntilAsync(processes => processes.Count == 0, Patience);
    }

    [Fact]
    public async Task Without_a_terminal_the_error_names_what_needs_none()
    {
        using var run = job.Start("Enter-HpcContainer -JobId $JobId -Node o2wn01");
        var end = (await run.EndAsync()).EndedWith(1);
        Assert.Contains("TerminalMissing", end.Error, StringComparison.Ordinal);
        Assert.Contains("Invoke-ContainerCommand", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_container_is_entered_and_no_other_is_guessed()
    {
        using var session = Start([Repository.Host, "-Command"], "Enter-HpcContainer -JobId $JobId");
        await session.SaysAsync("2 containers are meant, and one can be entered");
        (await session.EndAsync()).EndedWith(1);
    }

    private RunningProcess Start(string[] program, string script)
    {
        var variables = job.Variables;
        variables["TERM"] = "xterm";
        return TerminalSession.Start(
            [.. program, $"Import-Module {Repository.Manifest}; $JobId = '{job.JobId}'; {script}"], variables);
    }

    /// <summary>The terminal of this test's caller, whose script names the job.</summary>
    private string TerminalOf(string word) =>
        File.ResolveLinkTarget(string.Create(CultureInfo.InvariantCulture, $"/proc/{CallerOf(word)}/fd/0"), returnFinalTarget: false)!.FullName;

    private int CallerOf(string word) => Assert.Single(
        from path in Directory.EnumerateDirectories("/proc")
        where int.TryParse(Path.GetFileName(path), out _)
        let arguments = Arguments(path)
        where arguments.Length > 2 && arguments[0] != "script" && arguments[^2].Contains(word, StringComparison.Ordinal)
            && arguments[^2].Contains(job.JobId, StringComparison.Ordinal) && !arguments[0].EndsWith("sh", StringComparison.Ordinal)
            && arguments[^3] == "-Command"
        where !IsParent(path)
        select int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));

    /// <summary>Whether it only waits for another program: dotnet's tools run so.</summary>
    private static bool IsParent(string process) =>
        File.ReadAllText($"{process}/task/{Path.GetFileName(process)}/children").Trim() is { Length: > 0 } child
        && Arguments($"/proc/{child.Split(' ')[0]}") is [.., "-Command", _, _];

    private static string[] Arguments(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
