using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>What a program that runs in a container by the agent looks like from outside: as if it ran here.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentRunTests : IAsyncLifetime
{
    private ServedAgent _agent = null!;

    public async Task InitializeAsync() => _agent = await ServedAgent.StartAsync();

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact]
    public async Task Every_exit_code_is_handed_back()
    {
        for (var code = 0; code < 256; code++)
        {
            var result = await _agent.RunShellAsync($"exit {code}");
            Assert.Equal((code, "", ""), (result.ExitCode, result.Output, result.Error));
        }
    }

    /// <summary>The status as wait(2) gives it: the signal alone, without the bit for a core.</summary>
    [Theory]
    [InlineData(Libc.SigHup)]
    [InlineData(Libc.SigInt)]
    [InlineData(Libc.SigQuit)]
    [InlineData(6)] // ABRT
    [InlineData(Libc.SigKill)]
    [InlineData(11)] // SEGV
    [InlineData(Libc.SigUsr1)]
    [InlineData(Libc.SigTerm)]
    public async Task A_death_by_a_signal_is_the_clients_death_by_it(int signal)
    {
        using var run = _agent.StartBy(
            "sh", "exec perl -e 'system { $ARGV[0] } @ARGV; print $?' \"$@\"", ["sh", "-c", $"kill -{signal} $$"]);
        Assert.Equal(signal.ToString(), (await run.EndAsync([])).EndedWith(0).Output);
    }

    [Theory]
    [InlineData("no-such-program", 127, "pisahpc-run: no-such-program: No such file or directory\n")]
    [InlineData("/no/such/program", 127, "pisahpc-run: /no/such/program: No such file or directory\n")]
    [InlineData("/etc/passwd", 126, "pisahpc-run: /etc/passwd: Permission denied\n")]
    [InlineData("/etc", 126, "pisahpc-run: /etc: Permission denied\n")]
    public async Task What_cannot_be_run_has_a_shells_exit_code(string program, int exitCode, string error)
    {
        var result = await _agent.RunAsync([program]);
        Assert.Equal((exitCode, error), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task Input_is_read_to_its_end_and_ten_megabytes_come_out_as_they_went_in()
    {
        var bytes = new byte[10_000_000];
        new Random(4711).NextBytes(bytes);
        var result = await _agent.RunAsync(["cat"], bytes);
        Assert.True(bytes.AsSpan().SequenceEqual(result.EndedWith(0).Bytes));
    }

    [Fact]
    public async Task Output_and_errors_stay_apart()
    {
        var result = await _agent.RunShellAsync("echo out; echo err >&2");
        Assert.Equal(("out\n", "err\n"), (result.Output, result.Error));
    }

    [Fact]
    public async Task The_program_writes_to_the_very_file_of_its_caller()
    {
        var file = Path.Combine(_agent.Folder, "output");
        using var run = _agent.StartBy("sh", "exec >>$FILE; echo before; \"$@\"; echo after", ["sh", "-c", "echo in; readlink /proc/self/fd/1"], new Dictionary<string, string?> { ["FILE"] = file });
        (await run.EndAsync([])).EndedWith(0);
        Assert.Equal($"before\nin\n{file}\nafter\n", await File.ReadAllTextAsync(file));
    }

    [Theory]
    [InlineData("<&-", "1 2")]
    [InlineData(">&-", "0 2")]
    [InlineData("2>&-", "0 1")]
    [InlineData("<&- 2>&-", "1")]
    public async Task A_closed_descriptor_is_closed_in_the_program(string redirection, string open)
    {
        // A shell's own test opens nothing, and what it finds is written when it has looked.
        const string look = "open=; for i in 0 1 2; do [ ! -e /proc/$$/fd/$i ] || open=\"$open $i\"; done; echo $open >$REPORT";
        var report = Path.Combine(_agent.Folder, "report");
        using var run = _agent.StartBy("sh", $"exec \"$@\" {redirection}", ["sh", "-c", look], new Dictionary<string, string?> { ["REPORT"] = report });
        await run.EndAsync([]);
        Assert.Equal(open + "\n", await File.ReadAllTextAsync(report));
    }

    [Fact]
    public async Task A_program_has_the_callers_descriptors_and_no_other()
    {
        var result = await _agent.RunShellAsync("ls /proc/$$/fd");
        Assert.Equal("0\n1\n2\n", result.EndedWith(0).Output);
    }

    [Fact]
    public async Task The_descriptor_of_PMI_comes_under_its_number()
    {
        var file = Path.Combine(_agent.Folder, "pmi");
        await File.WriteAllTextAsync(file, "cmd=init\n");
        using var run = _agent.StartBy("bash", $"exec 11<>{file}; PMI_FD=11 exec \"$@\"", ["bash", "-c", "read line <&$PMI_FD; echo $line; echo $PMI_FD; ls /proc/$$/fd; echo cmd=done >&11"]);
        Assert.Equal("cmd=init\n11\n0\n1\n11\n2\n", (await run.EndAsync([])).EndedWith(0).Output);
        Assert.Equal("cmd=init\ncmd=done\n", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_number_of_PMI_that_is_not_open_brings_nothing()
    {
        var result = await _agent.RunAsync(["sh", "-c", "echo $PMI_FD; ls /proc/$$/fd"], variables: new Dictionary<string, string?> { ["PMI_FD"] = "57" });
        Assert.Equal("57\n0\n1\n2\n", result.EndedWith(0).Output);
    }

    [Fact]
    public async Task Working_directory_umask_and_ignored_signals_are_the_callers()
    {
        using var run = _agent.StartBy("sh", "trap '' HUP; umask 027; cd /usr/share; exec \"$@\"", ["sh", "-c", "pwd; echo $PWD; umask; kill -HUP $$; echo alive"]);
        Assert.Equal("/usr/share\n/usr/share\n0027\nalive\n", (await run.EndAsync([])).EndedWith(0).Output);
    }

    [Fact]
    public async Task Soft_limits_are_the_callers_as_far_as_the_hard_ones_reach_and_open_files_the_containers()
    {
        var files = (await _agent.RunShellAsync("ulimit -S -n")).EndedWith(0).Output;
        const string look = "ulimit -S -s; ulimit -S -c; ulimit -S -n; ulimit -H -n";
        using var run = _agent.StartBy("bash", "ulimit -S -s 12345; ulimit -S -c 7; ulimit -S -n 300; exec \"$@\"", ["bash", "-c", look]);
        var hard = (await _agent.RunAsync(["bash", "-c", "ulimit -H -n"])).Output;
        Assert.Equal("12345\n7\n" + files + hard, (await run.EndAsync([])).EndedWith(0).Output);
    }

    [Fact]
    public async Task A_client_that_nobody_hears_ends_with_its_exit_code()
    {
        using var run = ClientRun.Start(
            ["env", "--default-signal", "bash", "-c", "exec 3> >(exit); wait $!; \"$0\" --socket /no/such/socket true 2>&3; echo $?", ServedAgent.ClientProgram],
            "A=B",
            null);
        Assert.Equal("75\n", (await run.EndAsync([])).EndedWith(0).Output);
    }

    [Fact]
    public async Task A_client_that_may_open_nothing_for_its_signals_says_so()
    {
        using var run = _agent.StartBy("bash", "ulimit -n 4; exec \"$@\"", ["true"]);
        Assert.Equal("pisahpc-run: signals cannot be taken: Too many open files\n", (await run.EndAsync([])).EndedWith(75).Error);
    }

    [Fact]
    public async Task Descriptors_that_the_kernel_keeps_back_are_named()
    {
        using var limit = ClientRun.Start(["prlimit", "--pid", $"{_agent.Id}", "--nofile=7:7"], "A=B", null);
        (await limit.EndAsync([])).EndedWith(0);
        Assert.Equal(
            "pisahpc-run: the kernel keeps descriptors back on their way between here and the container: its limit of open files, or SELinux\n",
            (await _agent.RunAsync(["true"])).EndedWith(78).Error);
    }

    /// <summary>What is slow then, such as a network's file system that is asleep, is the program's own.</summary>
    [Fact]
    public async Task A_client_whose_request_arrived_waits_for_its_program_as_long_as_that_takes_to_start()
    {
        using var patient = new ScriptedAgent();
        using var run = await patient.StartAsync();
        patient.Say(AgentMessage.Received);
        using var agent = new ScriptedAgent();
        using var silent = await agent.StartAsync();
        Assert.Equal("pisahpc-run: the agent does not answer\n", (await silent.EndAsync()).EndedWith(75).Error);
        run.Signal(Libc.SigUsr1);
        patient.Say(AgentMessage.Started);
        Assert.Equal((uint)Libc.SigUsr1, patient.NextSignal().Number);
        patient.Say(AgentMessage.Exited, 3);
        (await run.EndAsync()).EndedWith(3);
    }

    /// <summary>ELF's type of one that the kernel puts anywhere.</summary>
    [Fact]
    public void The_program_is_at_no_fixed_address() => Assert.Equal(3, File.ReadAllBytes(ServedAgent.Program)[16]);

    [Fact]
    public async Task A_directory_can_be_named()
    {
        Assert.Equal("/usr/lib\n", (await _agent.RunAsync(["--cd", "/usr/lib", "--", "pwd"])).EndedWith(0).Output);
        var home = await _agent.RunAsync(["--home", "pwd"]);
        Assert.Equal("/\n", home.EndedWith(0).Output); // the container's /home/ada is not there
        var missing = await _agent.RunAsync(["--cd", "/no/such/directory", "pwd"]);
        Assert.Equal(
            (78, "pisahpc-run: the working directory in the container, /no/such/directory: No such file or directory; another one: --cd DIR\n"),
            (missing.ExitCode, missing.Error));
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_the_program_as_here()
    {
        using var run = _agent.StartBy("bash", "\"$@\" | head -n 1; echo ${PIPESTATUS[0]}", ["yes"]);
        Assert.Equal("y\n141\n", (await run.EndAsync([])).EndedWith(0).Output);
    }

    [Fact]
    public async Task A_program_that_closes_its_output_is_seen_to_have_closed_it()
    {
        using var run = _agent.StartBy("bash", "\"$@\" | cat; echo ended", ["sh", "-c", "echo a; exec >&-; until [ -e $GO ]; do sleep 0.01; done"], new Dictionary<string, string?> { ["GO"] = Path.Combine(_agent.Folder, "go") });
        await run.SaysAsync("a\n");
        await Wait.UntilAsync(() => !Programs("cat").Any(), () => "cat still reads");
        await File.WriteAllTextAsync(Path.Combine(_agent.Folder, "go"), "");
        Assert.Equal("a\nended\n", (await run.EndAsync([])).EndedWith(0).Output);

        IEnumerable<int> Programs(string name) => _agent.Marked().Where(id => File.Exists($"/proc/{id}/comm") && File.ReadAllText($"/proc/{id}/comm").Trim() == name);
    }

    [Fact]
    public async Task A_program_is_found_on_the_containers_PATH_whatever_the_callers_is()
    {
        var result = await _agent.RunAsync(["true"], variables: new Dictionary<string, string?> { ["PATH"] = "/usr/bin:/bin:/no/such" });
        result.EndedWith(0);
        using var run = _agent.StartBy("/bin/sh", "PATH=/no/such; export PATH; exec \"$@\"", ["sh", "-c", "echo $PATH"]);
        Assert.Equal("/usr/bin:/bin\n", (await run.EndAsync([])).EndedWith(0).Output);
    }

    [Fact]
    public async Task Sixty_four_run_side_by_side()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => _agent.RunShellAsync($"read x; echo {i}; exit {i}")));
        Assert.Equal(Enumerable.Range(0, 64).Select(i => (i, $"{i}\n")), results.Select(result => (result.ExitCode, result.Output)));
    }

    [Fact]
    public async Task Five_hundred_runs_leave_the_agent_as_it_was()
    {
        var before = _agent.Descriptors;
        for (var i = 0; i < 500; i++)
        {
            (await _agent.RunAsync(["true"])).EndedWith(0);
        }

        await _agent.AssertNothingLeftAsync();
        Assert.Equal(before, _agent.Descriptors);
    }
}
