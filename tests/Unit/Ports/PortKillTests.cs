using PisaHpc.Ports;

namespace PisaHpc.Unit.Ports;

/// <summary>What a kill at each point leaves, and what the same job, another job and a clean-up make of it.</summary>
public sealed class PortKillTests : IDisposable
{
    private readonly TestArea _test = new(40000, 40001);

    public void Dispose() => _test.Dispose();

    public static TheoryData<PortStepName, bool> ClaimSteps => new()
    {
        { PortStepName.Locked, false },
        { PortStepName.RecordWritten, false },
        { PortStepName.Linked, true },
        { PortStepName.Granted, true },
    };

    [Theory]
    [MemberData(nameof(ClaimSteps))]
    public void A_port_is_held_from_its_link_on(PortStepName step, bool held)
    {
        KillClaimOf("1", step);

        Assert.Equal(held ? 1 : 2, _test.FoundFree().Count);
        Assert.Equal(
            step switch { PortStepName.Linked => nameof(LeaseState.Incomplete), PortStepName.Granted => nameof(LeaseState.Leased), _ => null },
            _test.Area.Find("1")?.State);
    }

    [Theory]
    [MemberData(nameof(ClaimSteps))]
    public void The_same_job_asking_again_has_its_one_port(PortStepName step, bool held)
    {
        KillClaimOf("1", step);
        var before = _test.Area.Find("1");

        var lease = _test.Area.Lease(TestArea.Request("1"));

        Assert.Equal(nameof(LeaseState.Leased), lease.State);
        Assert.Equal(step != PortStepName.Granted, lease.Changed);
        Assert.Equal(held ? before!.Port : lease.Port, lease.Port);
        Assert.Equal(lease with { Changed = false }, _test.Area.Find("1"));
        Assert.Single(_test.FoundFree());
    }

    [Theory]
    [MemberData(nameof(ClaimSteps))]
    public void Other_jobs_get_every_other_port_and_never_that_one(PortStepName step, bool held)
    {
        KillClaimOf("1", step);
        var taken = _test.Area.Find("1")?.Port;

        var others = new List<int> { _test.Area.Lease(TestArea.Request("2")).Port };
        if (!held)
        {
            others.Add(_test.Area.Lease(TestArea.Request("3")).Port);
        }

        Assert.Equal(others.Count, others.Distinct().Count());
        Assert.DoesNotContain(taken ?? 0, others);
        Assert.Equal(ErrorId.PortAreaExhausted, Assert.Throws<HpcException>(() => _test.Area.Lease(TestArea.Request("4"))).Id);
    }

    [Theory]
    [MemberData(nameof(ClaimSteps))]
    public void A_clean_up_loses_no_port(PortStepName step, bool held)
    {
        KillClaimOf("1", step);

        var reclaimed = _test.Area.Reclaim(DateTimeOffset.UtcNow);

        Assert.Equal(step == PortStepName.Linked, reclaimed.Any(released => released.Reason == nameof(ReleaseReason.Incomplete)));
        Assert.Equal(held && step == PortStepName.Granted ? 1 : 2, _test.FoundFree().Count);
        _test.Area.Release("1");
        Assert.Equal(2, _test.FoundFree().Count);
    }

    [Fact]
    public void A_claim_in_flight_is_not_reclaimed()
    {
        IReadOnlyList<ReleasedPort>? reclaimed = null;
        var area = _test.With(afterStep: step =>
        {
            if (step == PortStep.Linked)
            {
                reclaimed = _test.Area.Reclaim(DateTimeOffset.UtcNow.AddDays(30), _ => false);
            }
        });

        var lease = area.Lease(TestArea.Request("1"));

        Assert.Empty(reclaimed!);
        Assert.Equal(lease with { Changed = false }, area.Find("1"));
    }

    [Fact]
    public void A_claim_of_another_host_is_given_time()
    {
        Assert.Throws<KilledException>(() => _test.KilledAfter(PortStep.Linked).Lease(TestArea.Request("1") with { Host = "o2wn99" }));

        Assert.Empty(_test.Area.Reclaim(DateTimeOffset.UtcNow.AddMinutes(4)));
        Assert.Equal(nameof(ReleaseReason.Incomplete), Assert.Single(_test.Area.Reclaim(DateTimeOffset.UtcNow.AddMinutes(6))).Reason);
        Assert.Equal(2, _test.FoundFree().Count);
    }

    [Fact]
    public void A_claimer_whose_rival_was_killed_with_its_link_goes_elsewhere()
    {
        using var test = new TestArea(40000, 40000);
        var area = test.With(afterStep: step =>
        {
            if (step == PortStep.RecordWritten && !File.Exists($"{test.Path}/job-rival"))
            {
                test.LinkAsOldScript(40000, "rival");
            }
        });

        Assert.Equal(ErrorId.PortAreaExhausted, Assert.Throws<HpcException>(() => area.Lease(TestArea.Request("1"))).Id);
        Assert.Equal("rival", Assert.Single(area.List()).JobId);
        Assert.Null(area.List()[0].Host);
    }

    [Fact]
    public void A_kill_of_two_rivals_with_both_links_leaves_the_port_to_neither_and_not_lost()
    {
        var area = _test.With(afterStep: step =>
        {
            if (step == PortStep.Linked)
            {
                var claimed = _test.Area.Find("1")!.Port;
                _test.LinkAsOldScript(claimed, "rival");
                throw new KilledException();
            }
        });
        Assert.Throws<KilledException>(() => area.Lease(TestArea.Request("1")));
        var contested = _test.Area.Find("1")!.Port;

        var lease = _test.Area.Lease(TestArea.Request("1"));

        Assert.NotEqual(contested, lease.Port);
        Assert.Equal(contested, _test.Area.Find("rival")!.Port);
        _test.Area.Release("rival");
        _test.Area.Release("1");
        Assert.Equal(2, _test.FoundFree().Count);
    }

    [Fact]
    public void A_kill_in_a_release_leaves_the_port_free_and_the_release_can_be_repeated()
    {
        _test.Area.Lease(TestArea.Request("1"));

        Assert.Throws<KilledException>(() => _test.KilledAfter(PortStep.Unlinked).Release("1"));

        Assert.Equal(2, _test.FoundFree().Count);
        Assert.Empty(_test.Area.List());
        Assert.False(_test.Area.Release("1").Changed);
        Assert.Equal(["2", "3"], new[] { "2", "3" }.Select(job => _test.Area.Lease(TestArea.Request(job)).JobId));
    }

    private void KillClaimOf(string jobId, PortStepName step) => Assert.Throws<KilledException>(
        () => _test.KilledAfter(Enum.Parse<PortStep>(step.ToString())).Lease(TestArea.Request(jobId)));
}

/// <summary>The claim's steps, for xunit, whose theories have public parameters.</summary>
public enum PortStepName
{
    Locked,
    RecordWritten,
    Linked,
    Granted,
}
