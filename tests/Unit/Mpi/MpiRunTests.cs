using System.Diagnostics;
using System.Globalization;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Mpi;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Mpi;

/// <summary>Whole runs, with the supervisor in real shells.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MpiRunTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("/bin/sh")]
    [InlineData("/bin/bash")]
    public async Task A_user_s_variables_reach_the_ranks_whatever_they_are_called(string shell)
    {
        string[] names =
        [
            "run", "code", "stopped", "launcher", "grace", "spool", "kind", "followers", "program", "part", "size", "IFS",
            "ph_run", "ph_code",
        ];
        using var local = new LocalRun(shell);
        var script = string.Join("; ", names.Where(name => name != "IFS").Select(name => $"echo {name}=${name}"));

        var end = await local.RunAsync(script, names.ToDictionary(name => name, _ => "/42")).WaitAsync(Limit);

        Assert.Equal("Succeeded", end.Result.Outcome);
        Assert.Equal(names.Where(name => name != "IFS").Select(name => $"{name}=/42"), local.Lines);
    }

    [Theory]
    [InlineData("/bin/dash")]
    [InlineData("/bin/bsd-csh")]
    [InlineData("/bin/tcsh")]
    [InlineData("/usr/bin/fish")]
    public async Task A_launcher_that_was_killed_leaves_nothing_on_another_node_whatever_the_login_shell_is_there(string shell)
    {
        using var local = new LocalRun { Nodes = [new AllocatedNode("o2wn01", 1), new AllocatedNode("o2wn02", 1)] };
        local.AddProgram("ssh", $"""
            #!/bin/sh
            while [ "$1" != o2wn02 ]; do shift; done
            shift
            cat >"{local.Temporary}/input"
            mark=$(printf '%s\n' "$*" | cat - "{local.Temporary}/input" | grep -o 'PISAHPC_RUN=[0-9a-f]*')
            env "$mark" sleep 1000 &
            until grep -q sleep /proc/$!/cmdline; do :; done
            {shell} -c "$*" <"{local.Temporary}/input"
            kill -TERM $! 2>/dev/null
            wait $!
            echo $? >"{local.Temporary}/end"
            """);

        await local.RunAsync("kill -KILL $$", []).WaitAsync(Limit);

        Assert.Equal("137\n", await File.ReadAllTextAsync($"{local.Temporary}/end"));
    }

    [Fact]
    public async Task A_container_s_variables_reach_the_ranks_as_they_are()
    {
        string[] names = ["run", "code", "launcher", "name", "path", "prefix", "interface", "network", "kind", "part", "size"];
        using var local = new LocalRun();
        foreach (var name in names)
        {
            local.Container[name] = "container";
        }

        await local.RunAsync(string.Join("; ", names.Select(name => $"echo {name}=${name}")), []).WaitAsync(Limit);

        Assert.Equal(names.Select(name => $"{name}=container"), local.Lines);
    }

    [Fact]
    public async Task A_user_s_PATH_is_the_ranks_and_not_the_supervisor_s()
    {
        using var local = new LocalRun();
        var other = Directory.CreateDirectory(Path.Combine(local.Bin, "other")).FullName;
        foreach (var program in new[] { "tail", "mktemp", "setsid", "head", "cat", "grep" })
        {
            local.AddProgram($"other/{program}", "#!/bin/sh\necho mine");
        }

        var path = $"{other}:{local.Bin}:{Environment.GetEnvironmentVariable("PATH")}";
        var end = await local.RunAsync("tail; exit 7", new() { ["PATH"] = path }).WaitAsync(Limit);

        Assert.Equal(["mine"], local.Lines);
        Assert.Equal((7, 0), (end.Result.ExitCode, end.Result.FailedRank));
    }

    [Fact]
    public async Task Srun_s_ranks_get_the_user_s_variables_a_PATH_among_them_and_go_where_they_belong()
    {
        using var local = new LocalRun
        {
            Launcher = MpiLauncher.Srun,
            Ranks = 3,
            Nodes = [new AllocatedNode("o2wn01", 2), new AllocatedNode("o2wn02", 2)],
        };
        var other = Directory.CreateDirectory(Path.Combine(local.Bin, "other")).FullName;
        local.AddProgram("other/tail", "#!/bin/sh\necho mine");

        var end = await local.RunAsync(
            "tail; echo \"$ODD\"; exit 7",
            new() { ["PATH"] = $"{other}:{Environment.GetEnvironmentVariable("PATH")}", ["ODD"] = "it's\ntwo" }).WaitAsync(Limit);

        Assert.Equal(["mine", "it's", "two"], local.Lines);
        Assert.Equal((7, 0, "srun 22.05.8"), (end.Result.ExitCode, end.Result.FailedRank, end.Result.Launcher));
        Assert.Equal(["o2wn01", "o2wn01", "o2wn02"], await File.ReadAllLinesAsync(Path.Combine(local.Bin, "hosts")));
    }

    [Fact]
    public async Task An_srun_that_was_killed_leaves_nothing_on_another_node()
    {
        using var local = new LocalRun
        {
            Launcher = MpiLauncher.Srun,
            Nodes = [new AllocatedNode("o2wn01", 1), new AllocatedNode("o2wn02", 1)],
        };
        await local.RunAsync("kill -KILL $$", []).WaitAsync(Limit);
        Assert.True(File.Exists(Path.Combine(local.Bin, "step")), "No step of the job looked for what was left on the other node.");
    }

    [Fact]
    public async Task What_srun_cannot_launch_says_why()
    {
        using var local = new LocalRun { Launcher = MpiLauncher.Srun, WorkingDirectory = "/no/such" };
        var end = await local.RunAsync("true", []).WaitAsync(Limit);
        Assert.Equal("MpiLaunchFailed", end.Failure!.Id.ToString());
        Assert.Contains("the working directory in the container, /no/such", end.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MpiFlavour.OpenMpi, "none pmi2", "this Slurm has no pmix")]
    [InlineData(MpiFlavour.Mpich, "none pmix pmix_v4", "this Slurm has no pmi2")]
    public async Task A_Slurm_without_what_ranks_find_each_other_by_is_told(MpiFlavour flavour, string types, string expected)
    {
        using var local = new LocalRun { Launcher = MpiLauncher.Srun, Flavour = flavour };
        local.AddProgram("srun", $"#!/bin/sh\necho {types}");
        var end = await local.RunAsync("true", []).WaitAsync(Limit);
        Assert.Contains(expected, end.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_is_told_to_the_launcher_itself()
    {
        using var local = new LocalRun();
        using var stop = new CancellationTokenSource();
        var run = local.RunAsync("echo up; exec sleep 60", [], lines => stop.CancelAsync(), stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Limit));

        Assert.True(File.Exists(Path.Combine(local.Bin, "term")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(local.Temporary));
    }

    [Fact]
    public async Task Output_that_was_read_takes_no_room_on_the_node_s_disk()
    {
        using var local = new LocalRun();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = Path.Combine(local.Bin, "go");
        var run = local.RunAsync($"seq 300000; until [ -e {go} ]; do sleep 0.1; done", [], lines =>
        {
            if (lines[^1].Text == "300000")
            {
                all.SetResult();
            }

            return Task.CompletedTask;
        });

        await all.Task.WaitAsync(Limit);
        var clock = Stopwatch.StartNew();
        while (await KibibytesAsync(local.Temporary) > 1024)
        {
            Assert.True(clock.Elapsed < Limit, "Nothing was given back.");
        }

        await File.WriteAllTextAsync(go, "");
        Assert.Equal("Succeeded", (await run.WaitAsync(Limit)).Result.Outcome);
    }

    [Theory]
    [InlineData("/bin/dash")]
    [InlineData("/bin/bash")]
    public async Task The_end_is_told_and_not_looked_for(string shell)
    {
        using var local = new LocalRun(shell);
        local.AddFollower("-s 3600");
        var end = await local.RunAsync("echo one; echo two >&2; printf three; exit 7", []).WaitAsync(Limit);
        Assert.Equal(["one", "three", "two"], local.Lines.Order(StringComparer.Ordinal));
        Assert.Equal((7, 0), (end.Result.ExitCode, end.Result.FailedRank));
        Assert.Empty(Directory.EnumerateFileSystemEntries(local.Temporary));
    }

    [Theory]
    [InlineData("/bin/dash")]
    [InlineData("/bin/bash")]
    public async Task The_end_is_told_to_a_follower_that_the_kernel_runs_late(string shell)
    {
        using var local = new LocalRun(shell) { IsOnOneProcessor = true };
        local.AddFollower("-s 3600", "chrt --idle 0");
        var end = await local.RunAsync("echo one; exit 7", []).WaitAsync(Limit);
        Assert.Equal(["one"], local.Lines);
        Assert.Equal((7, 0), (end.Result.ExitCode, end.Result.FailedRank));
    }

    [Theory]
    [InlineData("/bin/dash")]
    [InlineData("/bin/bash")]
    public async Task What_the_listener_does_not_take_stays_on_the_node_s_disk_and_comes_when_he_does(string shell)
    {
        const int First = 1000;
        const int Lines = 3000;
        using var local = new LocalRun(shell);
        var (go, count) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        var script = $$"""
            yes {{new string('x', 9999)}} | head -n {{First}}
            until [ -e "$TMPDIR/more" ]; do sleep 0.1; done
            yes {{new string('x', 9999)}} | head -n {{Lines - First}}
            until [ -e "$TMPDIR/end" ]; do sleep 0.1; done
            rm "$TMPDIR/more" "$TMPDIR/end"
            """;
        var run = local.RunAsync(script, [], lines =>
        {
            Interlocked.Add(ref count, lines.Count(line => line.Text.Length == 9999)); // Both streams are told of.
            return go.Task;
        });

        await UntilAsync(() => local.Followers().Count(follower => follower.IsStopped) == 2);
        await File.WriteAllTextAsync(Path.Combine(local.Temporary, "more"), "");
        await UntilAsync(() => local.Spooled > 10_000 * Lines);
        Assert.All(local.Followers(), follower => Assert.True(follower.IsStopped));
        Assert.InRange(local.Followers().Max(follower => follower.Position), OutputWindow.Most, local.Spooled / 2);

        await File.WriteAllTextAsync(Path.Combine(local.Temporary, "end"), "");
        go.SetResult();
        Assert.Equal("Succeeded", (await run.WaitAsync(Limit)).Result.Outcome);
        Assert.Equal(Lines, count);
        Assert.Empty(local.Followers());
    }

    [Fact]
    public async Task A_run_that_is_held_is_stopped_as_any_other()
    {
        using var local = new LocalRun();
        using var stop = new CancellationTokenSource();
        var run = local.RunAsync(
            $"yes {new string('x', 9999)} | head -n 3000; exec sleep 60",
            [],
            _ => Task.WhenAny(Task.Delay(Timeout.Infinite, stop.Token)),
            stop.Token);

        await UntilAsync(() => local.Followers().Count(follower => follower.IsStopped) == 2);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Limit));
        await UntilAsync(() => local.Followers().Count == 0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(local.Temporary));
    }

    [Fact]
    public async Task A_listener_that_fails_ends_the_run()
    {
        using var local = new LocalRun();
        var run = local.RunAsync("echo up; exec sleep 60", [], _ => throw new InvalidOperationException("no more"));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => run.WaitAsync(Limit));

        Assert.Equal("no more", failure.Message);
    }

    [Fact]
    public async Task The_mark_of_the_run_is_no_variable_of_the_user_s()
    {
        using var local = new LocalRun();
        var failure = await Assert.ThrowsAsync<HpcException>(() => local.RunAsync("true", new() { [SessionVariables.RunMark] = "x" }));
        Assert.Equal((ErrorId.InvalidValue, SessionVariables.RunMark), (failure.Id, failure.Target));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Limit, "It did not come to that.");
            await Task.Delay(10);
        }
    }

    private static async Task<int> KibibytesAsync(string directory)
    {
        using var du = Process.Start(new ProcessStartInfo("du", ["-sk", directory]) { RedirectStandardOutput = true })!;
        return int.Parse((await du.StandardOutput.ReadToEndAsync()).Split('\t')[0], CultureInfo.InvariantCulture);
    }
}
