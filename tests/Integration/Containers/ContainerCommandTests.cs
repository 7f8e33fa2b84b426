using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Containers;

/// <summary>A job of two small containers, for all tests of a class.</summary>
public sealed class CommandJobFixture : IAsyncLifetime, IDisposable
{
    private readonly LabFixture _lab;
    private readonly LabJob _job;

    public CommandJobFixture(LabFixture lab)
    {
        _lab = lab;
        _job = new LabJob(Shell, lab, "inside");
    }

    public HostedRunspace Shell { get; } = new();

    public string JobId => _job.Id;

    public Task InitializeAsync()
    {
        _job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _job.DisposeAsync();

    public void Dispose() => Shell.Dispose();

    /// <summary>Runs a script to which <c>$JobId</c> is the job.</summary>
    public RunResult Run(string script) => _job.Run(script);

    public Task<RunResult> RunAsync(string script, CancellationToken stop) => _job.RunAsync(script, stop);

    /// <summary>Starts <c>pisahpc</c> with a script to which <c>$JobId</c> is the job.</summary>
    public RunningProcess Start(string script) =>
        RunningProcess.Start(Repository.Host, ["-Command", $"$JobId = '{JobId}'; {script}"], Variables);

    /// <summary>The owner's home, on the nodes as in the containers.</summary>
    public string Home => Path.Combine(_lab.State.Shared, "home/hpcuser");

    public Dictionary<string, string?> Variables => new() { ["PISAHPC_SITE"] = _lab.State.Site };

    /// <summary>What runs in the containers beside what always does.</summary>
    public async Task<IReadOnlyList<string>> ProcessesAsync()
    {
        string[] always = ["docker-init", "pisahpc-agent serve", "[listener]"];
        var processes = new List<string>();
        foreach (var node in _lab.Nodes.Take(2))
        {
            var container = Assert.Single(await _job.ContainersAsync(node));
            var top = (await node.DockerAsync("top", container, "-eo", "pid,args")).EndedWith(0).Lines.Skip(1);
            processes.AddRange(top.Where(line => !always.Any(word => line.Contains(word, StringComparison.Ordinal))));
        }

        return processes;
    }

    public async Task UntilAsync(Func<IReadOnlyList<string>, bool> holds, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        for (var processes = await ProcessesAsync(); !holds(processes); processes = await ProcessesAsync())
        {
            Assert.True(clock.Elapsed < limit, string.Join('\n', processes));
        }
    }
}

/// <summary>Commands in the containers of a job, on the lab's engines.</summary>
[Collection(LabTests.Name)]
public sealed class ContainerCommandTests(CommandJobFixture job) : IClassFixture<CommandJobFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Each_container_answers_with_lines_and_a_result_as_its_user_in_his_home()
    {
        var run = job.Run("Invoke-ContainerCommand sh '-c', 'id -u; id -G; hostname; pwd; echo wörter >&2' -JobId $JobId").Succeeded();
        foreach (var node in new[] { "o2wn01", "o2wn02" })
        {
            var lines = run.Objects.Cast<dynamic>().Where(line => line.Node == node && IsLine(line)).Select(line => $"{line.Stream} {line.Text}");
            Assert.Equal(["stderr wörter", $"stdout {job.Home}", "stdout 4001", "stdout 4001 5001 5002", $"stdout {node}"], lines.Order());
        }

        Assert.Equal(
            ["o2wn01 0 True", "o2wn02 0 True"],
            run.Objects.Cast<dynamic>().Where(end => !IsLine(end)).Select(end => $"{end.Node} {end.ExitCode} {end.Succeeded}"));
    }

    /// <summary>The first node ends some time after the second one's last step.</summary>
    [Fact]
    public void Lines_come_as_they_are_written_and_results_in_the_order_of_the_nodes()
    {
        const string First = "until test -e ~/second; do sleep 0.1; done; sleep 1; echo line";
        var run = job.Run(
            $"Invoke-ContainerCommand sh '-c', 'if test $(hostname) = o2wn01; then {First}; else echo line; touch ~/second; fi' -JobId $JobId")
            .Succeeded();
        job.Run("Invoke-ContainerCommand rm '-f', 'second' -JobId $JobId -Quiet").Succeeded();
        Assert.Equal(
            ["line o2wn02", "line o2wn01", "end o2wn01", "end o2wn02"],
            run.Objects.Cast<dynamic>().Select(one => $"{(IsLine(one) ? "line" : "end")} {one.Node}"));
    }

    [Fact]
    public void Root_variables_and_a_directory_are_what_is_asked_for()
    {
        var run = job.Run(
            "Get-HpcContainer -JobId $JobId -Node o2wn02 | Invoke-ContainerCommand sh '-c', 'id -u; pwd; echo $HOME,$USER,$OF' -User root "
            + "-WorkingDirectory /tmp -Variable @{ OF = 'it''s \"two\"' }").Succeeded();
        Assert.Equal(["0", "/tmp", "/root,root,it's \"two\""], run.Objects.SkipLast(1).Select(line => (string)((dynamic)line).Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-User root")]
    public void A_variable_that_is_given_is_the_programs_whatever_its_name(string user)
    {
        var run = job.Run(
            "Invoke-ContainerCommand sh '-c', 'echo $directory,$entry,$stat,$own,$HOME,$SHELL,$USER' -JobId $JobId -Node o2wn01 -WorkingDirectory /tmp "
            + $"-Variable @{{ directory = 1; entry = 2; stat = 3; own = 4; HOME = '/var'; SHELL = '/bin/x'; USER = 'me' }} {user}").Succeeded();
        Assert.Equal("1,2,3,4,/var,/bin/x,me", (string)((dynamic)run.Objects[0]!).Text);
    }

    [Fact]
    public async Task Input_is_each_ones_whole_and_any_bytes()
    {
        Assert.Equal(
            ["2", "2", "zwö", "zwö"],
            job.Run("Invoke-ContainerCommand sh '-c', 'cat >/tmp/in; tail -n 1 /tmp/in; wc -l </tmp/in; rm /tmp/in' -JobId $JobId -InputText one, zwö")
                .Succeeded().Objects.Cast<dynamic>().Where(IsLine).Select(line => (string)line.Text.Trim()).Order());
        var file = Path.GetTempFileName();
        try
        {
            var bytes = RandomNumberGenerator.GetBytes(3_000_000);
            await File.WriteAllBytesAsync(file, bytes);
            var sums = job.Run($"Invoke-ContainerCommand sha256sum -JobId $JobId -InputFile {file}").Succeeded();
            Assert.Equal(
                Enumerable.Repeat($"{Convert.ToHexStringLower(SHA256.HashData(bytes))}  -", 2),
                sums.Objects.Cast<dynamic>().Where(IsLine).Select(line => (string)line.Text));
            job.Run($"Invoke-ContainerCommand true -JobId $JobId -InputFile {file} -Quiet").Succeeded();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("sh '-c', 'exit 9' -JobId $JobId -Node o2wn01", "CommandFailed", "ended on o2wn01 with exit code 9.")]
    [InlineData("nonesuch -JobId $JobId -Node o2wn01", "CommandFailed", "exit code 127 (it was not found).")]
    [InlineData("id -JobId $JobId -Node o2wn01 -WorkingDirectory /none", "CommandFailed", "no working directory /none")]
    [InlineData("id -JobId no-such-job", "JobNotFound", "no-such-job")]
    [InlineData("id -Static nonesuch -Node o2wn01", "StaticNotFound", "nonesuch")]
    [InlineData("id -JobId $JobId -User hpcuser", "InvalidValue", "expected root")]
    [InlineData("id -JobId $JobId -InputFile /nonesuch", "InvalidValue", "/nonesuch")]
    [InlineData("sleep 7781 -JobId $JobId -Node o2wn01 -TimeoutSec 2", "NodeTimeout", "did not end on o2wn01 within 2 s")]
    public async Task What_fails_is_an_error_with_a_name(string parameters, string id, string words)
    {
        Assert.Contains(words, job.Run($"Invoke-ContainerCommand {parameters} -Quiet").Failed(id).ToString(), StringComparison.Ordinal);
        await job.UntilAsync(processes => processes.Count == 0, Patience);
    }

    [Fact]
    public async Task Ctrl_C_ends_all_of_them_with_what_they_started_within_two_seconds()
    {
        using var stop = new CancellationTokenSource();
        var run = job.RunAsync("Invoke-ContainerCommand sh '-c', 'trap : TERM; sleep 7782 & sleep 7783; sleep 7784' -JobId $JobId", stop.Token);
        await job.UntilAsync(processes => processes.Count(line => line.EndsWith("sleep 7783", StringComparison.Ordinal)) == 2, Patience);
        await stop.CancelAsync();
        await job.UntilAsync(processes => processes.All(line => !line.Contains("sleep 778", StringComparison.Ordinal)), TimeSpan.FromSeconds(2.5));
        Assert.True((await run).Stopped);
        await job.UntilAsync(processes => processes.Count == 0, Patience);
    }

    [Theory]
    [InlineData("sh '-c', 'sleep 7785 & exec sleep 7786'")]
    [InlineData("sh '-c', 'exec >/dev/null 2>&1; sleep 7787' -User root")]
    [InlineData("cat -InputText open")]
    public async Task A_killed_caller_leaves_nothing(string parameters)
    {
        using var caller = job.Start($"Invoke-ContainerCommand {parameters} -JobId $JobId; Invoke-ContainerCommand sleep 7788 -JobId $JobId");
        await job.UntilAsync(processes => processes.Count(line => line.Contains("sleep 778", StringComparison.Ordinal)) >= 2, Patience);
        await caller.SignalAsync("KILL");
        await job.UntilAsync(processes => processes.Count == 0, Patience);
    }

    [Fact]
    public void A_dry_run_runs_nothing_and_tab_offers_what_there_is()
    {
        Assert.Empty(job.Run("Invoke-ContainerCommand touch /tmp/ran -JobId $JobId -WhatIf").Succeeded().Objects);
        job.Run("Invoke-ContainerCommand test '-e', '/tmp/ran' -JobId $JobId -Node o2wn01 -Quiet").Failed("CommandFailed");
        Assert.Equal(["root"], job.Shell.Complete("Invoke-ContainerCommand id -User ").Select(offer => offer.CompletionText));
        Assert.Contains(
            job.JobId, job.Shell.Complete(string.Create(CultureInfo.InvariantCulture, $"Invoke-ContainerCommand id -JobId {job.JobId[..6]}"))
                .Select(offer => offer.CompletionText.Trim('\'')));
    }

    /// <summary>What takes longer than a person waits is there when the key is pressed again.</summary>
    [Theory]
    [InlineData("Invoke-ContainerCommand -JobId $JobId -Command hostn", "hostname")]
    [InlineData("Invoke-ContainerCommand id -Node 'o2wn0*' -JobId $JobId -WorkingDirectory /et", "/etc")]
    [InlineData("Copy-HpcContainerItem -JobId $JobId -FromContainer -Path /etc/passw", "/etc/passwd")]
    [InlineData("Copy-HpcContainerItem -JobId $JobId -Destination /et", "/etc")]
    [InlineData("Get-HpcContainer -JobId $JobId -Name pisahpc-", "$Name")]
    public void Tab_offers_what_is_in_a_container(string line, string offer)
    {
        var name = job.Run("(Get-HpcContainer -JobId $JobId).Name[0]").Single();
        var (typed, expected) = (Here(line), Here(offer));
        var clock = Stopwatch.StartNew();
        while (job.Shell.Complete(typed).All(one => one.ListItemText != expected))
        {
            Assert.True(clock.Elapsed < Patience, typed);
        }

        string Here(string text) => text.Replace("$JobId", job.JobId, StringComparison.Ordinal)
            .Replace("$Name", $"{name}", StringComparison.Ordinal);
    }

    private static bool IsLine(object output) => ((dynamic)output).GetType().Name == "HpcContainerOutput";
}
