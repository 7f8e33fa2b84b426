using PisaHpc.Batch;
using PisaHpc.Mpi;

namespace PisaHpc.Unit.Mpi;

/// <summary>Launchers that do not do what they should, with the supervisor in real shells.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MpiStallTests
{
    private const string Version = "[ \"$1\" != --version ] || { echo 'mpirun (Open MPI) 4.1.4'; exit; }";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("while :; do :; done", true, "/mpirun (process ", "is busy: it has used")]
    [InlineData("exec sleep 60", true, "no rank started within", "/mpirun (process ", "waits, and none of its ssh")]
    [InlineData("bash -c 'exec -a ssh sh -c \"sleep 60; :\" o2wn02'", true, "waits for o2wn02:", "another login is answered")]
    [InlineData("bash -c 'exec -a ssh sh -c \"sleep 60; :\" o2wn02'", false, "waits for o2wn02:", "o2wn02 did not answer another login")]
    public async Task A_launcher_that_starts_no_rank_is_told_of(string launcher, bool answers, params string[] said)
    {
        using var local = Stalling(launcher);
        local.Answers = answers;
        var end = await WarnedAsync(local, said);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => end.WaitAsync(Limit));
        Assert.Empty(Directory.EnumerateFileSystemEntries(local.Temporary));
    }

    [Fact]
    public async Task It_is_told_again_while_nothing_changes()
    {
        using var local = Stalling("exec sleep 60");
        using var stop = new CancellationTokenSource();
        var warnings = new List<string>();
        local.Warn = warning =>
        {
            warnings.Add(warning);
            if (warnings.Count == 3)
            {
                stop.Cancel();
            }
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => local.RunAsync("true", [], stop: stop.Token).WaitAsync(Limit));

        Assert.All(warnings, warning => Assert.Contains("no rank started", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_whose_ranks_started_may_take_its_time()
    {
        using var local = new LocalRun { Patience = new MpiTimeLimits { Start = TimeSpan.FromSeconds(1), End = Limit } };
        var warnings = new List<string>();
        local.Warn = warnings.Add;

        await local.RunAsync("sleep 3", []).WaitAsync(Limit);

        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("mpirun (Open MPI) 4.1.4", "[1,0]<stdout>:", 0)]
    [InlineData("mpirun (Open MPI) 4.1.4", "[1,0]<stdout>:", 7)]
    [InlineData("mpirun (Open MPI) 5.0.7", "[1,0]<stdout>: ", 7)]
    [InlineData("HYDRA build details: Version: 4.0.2", "<$PISAHPC_RUN:0>", 0)]
    [InlineData("HYDRA build details: Version: 4.0.2", "<$PISAHPC_RUN:0>", 7)]
    public async Task A_launcher_that_stays_after_its_ranks_is_ended_and_their_code_is_the_run_s(string version, string tag, int code)
    {
        using var local = new LocalRun { Patience = new MpiTimeLimits { End = TimeSpan.FromSeconds(0.5) } };
        local.AddProgram("mpirun", $$"""
            #!/bin/sh
            [ "$1" != --version ] || { echo '{{version}}'; exit; }
            while [ "$1" != sh ]; do shift; done
            "$@" 2>&1 | while IFS= read -r line; do printf '%s%s\n' "{{tag}}" "$line"; done
            exec sleep 60
            """);
        var warnings = new List<string>();
        local.Warn = warnings.Add;

        var end = await local.RunAsync($"echo done; exit {code}", []).WaitAsync(Limit);

        Assert.Equal((code == 0 ? "Succeeded" : "RankFailed", code), (end.Result.Outcome, end.Result.ExitCode));
        Assert.Equal(code == 0 ? null : 0, end.Result.FailedRank);
        Assert.Contains("after its ranks had, and was ended", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal(["done"], local.Lines);
    }

    [Fact]
    public async Task A_listener_that_takes_its_time_is_no_launcher_that_stays()
    {
        using var local = new LocalRun { Patience = new MpiTimeLimits { End = TimeSpan.FromSeconds(0.2) } };
        var warnings = new List<string>();
        local.Warn = warnings.Add;

        var end = await local.RunAsync("echo done", [], _ => Task.Delay(TimeSpan.FromSeconds(2))).WaitAsync(Limit);

        Assert.Equal(("Succeeded", 0), (end.Result.Outcome, warnings.Count));
    }

    private static LocalRun Stalling(string launcher)
    {
        var local = new LocalRun
        {
            Patience = new MpiTimeLimits { Start = TimeSpan.FromSeconds(0.3) },
            Nodes = [new AllocatedNode("o2wn01", 1), new AllocatedNode("o2wn02", 1)],
        };
        local.AddProgram("mpirun", $"#!/bin/sh\n{Version}\n{launcher}");
        return local;
    }

    /// <summary>Waits for a warning that says it all: on a busy machine the first comes before the launcher is ready.</summary>
    private static async Task<Task<MpiRunEnd>> WarnedAsync(LocalRun local, string[] said)
    {
        using var stop = new CancellationTokenSource();
        var warned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var last = "nothing was said";
        local.Warn = warning =>
        {
            last = warning;
            if (said.All(part => warning.Contains(part, StringComparison.Ordinal)))
            {
                warned.TrySetResult();
            }
        };
        var end = local.RunAsync("true", [], stop: stop.Token);
        var isTold = await Task.WhenAny(warned.Task, Task.Delay(Limit)) == warned.Task;
        await stop.CancelAsync();
        await ((Task)end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.True(isTold, last);
        return end;
    }
}
