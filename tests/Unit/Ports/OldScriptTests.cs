using PisaHpc.Ports;

namespace PisaHpc.Unit.Ports;

/// <summary>The same area while the batch hooks' old bash recipe still works in it.</summary>
public sealed class OldScriptTests : IDisposable
{
    /// <summary>The recipe as it was: find the first free port; link it.</summary>
    private const string Recipe = """
        p=$(find "$portarea" -links 1 | sort | head -n 1)
        port=${p#"$portarea/"}
        ln "$p" "$portarea/job-$LSB_JOBID"
        """;

    private readonly TestArea _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_scripts_link_is_a_lease_without_a_record()
    {
        RunRecipe("77");

        var lease = Assert.Single(_test.Area.List());

        Assert.Equal((40000, "77", nameof(LeaseState.Leased)), (lease.Port, lease.JobId, lease.State));
        Assert.Equal((null, null, null), (lease.Host, lease.ExpiresAt, lease.NodeSlots));
        Assert.Equal("root", lease.Owner == Environment.UserName ? "root" : lease.Owner);
        Assert.InRange(lease.LeasedAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public void Neither_takes_a_port_of_the_others()
    {
        RunRecipe("1");
        var lease = _test.Area.Lease(TestArea.Request("2"));
        RunRecipe("3");
        var rest = new[] { "4", "5" }.Select(job => _test.Area.Lease(TestArea.Request(job)).Port);

        Assert.Equal(5, rest.Append(lease.Port).Append(_test.Area.Find("1")!.Port).Append(_test.Area.Find("3")!.Port).Distinct().Count());
        Assert.Empty(_test.FoundFree());
    }

    [Fact]
    public void The_scripts_rm_gives_back_a_port_that_was_leased_here()
    {
        var lease = _test.Area.Lease(TestArea.Request("1"));

        TestArea.Shell("rm", $"{_test.Path}/job-1");

        Assert.Equal(5, _test.FoundFree().Count);
        Assert.Null(_test.Area.Find("1"));
        _test.LinkAsOldScript(lease.Port, "2");
        Assert.Null(_test.Area.Find("2")!.Host);
    }

    [Fact]
    public void A_job_that_the_script_gave_a_port_keeps_it_and_gets_a_record()
    {
        RunRecipe("77");

        var lease = _test.Area.Lease(TestArea.Request("77"));

        Assert.Equal((40000, "hpcuser", true), (lease.Port, lease.Owner, lease.Changed));
        Assert.NotNull(_test.Area.Find("77")!.ExpiresAt);
    }

    [Fact]
    public void A_job_that_shares_a_port_by_the_scripts_race_gets_one_of_its_own()
    {
        _test.LinkAsOldScript(40000, "1");
        _test.LinkAsOldScript(40000, "2");

        var second = _test.Area.Lease(TestArea.Request("2"));
        var first = _test.Area.Lease(TestArea.Request("1"));

        Assert.Equal(40000, first.Port);
        Assert.NotEqual(40000, second.Port);
    }

    [Fact]
    public void Time_does_not_end_a_scripts_lease_but_the_batch_system_does()
    {
        RunRecipe("77");

        Assert.Empty(_test.Area.Reclaim(DateTimeOffset.UtcNow.AddYears(1)));
        Assert.Empty(_test.Area.Reclaim(DateTimeOffset.UtcNow, _ => false));
        var ended = Assert.Single(_test.Area.Reclaim(DateTimeOffset.UtcNow.AddMinutes(11), _ => false));
        Assert.Equal(nameof(ReleaseReason.JobEnded), ended.Reason);
        Assert.Equal(5, _test.FoundFree().Count);
    }

    [Fact]
    public void A_scripts_link_onto_a_leased_port_is_shown_as_incomplete_and_goes()
    {
        var lease = _test.Area.Lease(TestArea.Request("1"));
        _test.LinkAsOldScript(lease.Port, "2");

        Assert.Equal(nameof(LeaseState.Leased), _test.Area.Find("1")!.State);
        Assert.Equal(nameof(LeaseState.Incomplete), _test.Area.Find("2")!.State);
        Assert.Equal("2", Assert.Single(_test.Area.Reclaim(DateTimeOffset.UtcNow.AddMinutes(6))).JobId);
        Assert.Equal(lease with { Changed = false }, _test.Area.Find("1"));
    }

    /// <summary>Why there is a claim at all: link(2) fails when the job's name exists, and racing jobs have different names.</summary>
    [Fact]
    public void The_recipe_gives_one_port_to_racing_jobs_and_the_area_does_not()
    {
        const int Racers = 32;
        using var test = new TestArea(40000, 40063);
        var script = $$"""
            portarea={{test.Path}}
            mkfifo {{test.Path}}.go
            exec 3<> {{test.Path}}.go
            for LSB_JOBID in $(seq {{Racers}}); do
              (
                read -r -u 3 _
                {{Recipe}}
              ) &
            done
            printf '\n%.0s' $(seq {{Racers}}) >&3
            wait
            rm {{test.Path}}.go
            """;

        TestArea.Shell("bash", "-c", script);

        var shared = test.Area.List();
        Assert.Equal(Racers, shared.Count);
        Assert.True(shared.Select(lease => lease.Port).Distinct().Count() < Racers, "The racing recipes met no other.");

        var repaired = shared.AsParallel().WithDegreeOfParallelism(Racers)
            .Select(lease => test.Area.Lease(TestArea.Request(lease.JobId)).Port).ToArray();
        Assert.Equal(Racers, repaired.Distinct().Count());
    }

    private void RunRecipe(string jobId) =>
        TestArea.Shell("bash", "-c", $"portarea={_test.Path}; LSB_JOBID={jobId}; {Recipe}");
}
