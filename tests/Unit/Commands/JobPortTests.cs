using System.Text.Json;
using PisaHpc.Batch;
using PisaHpc.Module.Commands;
using PisaHpc.Ports;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Commands;

public sealed class JobPortTests : IDisposable
{
    private const string Allocation = "(Get-HpcAllocation 'o2wn[01-02]' 32,24 -JobId 7 -Owner 'hpcuser:4001:4001')";
    private readonly TestArea _test = new();

    public void Dispose()
    {
        File.Delete(_test.Path + ".yaml");
        _test.Dispose();
    }

    [Fact]
    public void An_allocation_says_whose_port_it_is()
    {
        var lease = Run($"{Allocation} | New-JobPort -Path $area -TimeToLive 01:00:00").Single<JobPort>();

        Assert.Equal(("7", "hpcuser", "o2wn01*32 o2wn02*24", true), (lease.JobId, lease.Owner, lease.NodeSlots, lease.Changed));
        Assert.Equal(TimeSpan.FromHours(1), lease.ExpiresAt - lease.LeasedAt);
        Assert.Equal(lease with { Changed = false }, Run($"{Allocation} | New-JobPort -Path $area").Single<JobPort>());
        Assert.Equal(lease with { Changed = false }, Run($"{Allocation} | Get-JobPort -Path $area").Single<JobPort>());
    }

    [Fact]
    public void A_job_id_and_an_owner_are_enough()
    {
        var lease = Run("[pscustomobject]@{ JobId = '1234[5]'; Owner = 'alice' } | New-JobPort -Path $area").Single<JobPort>();

        Assert.Equal(("1234[5]", "alice", null), (lease.JobId, lease.Owner, lease.NodeSlots));
        Assert.Equal(PortRequest.DefaultTimeToLive, lease.ExpiresAt - lease.LeasedAt);
    }

    [Fact]
    public void An_object_with_a_job_id_alone_will_do()
    {
        var lease = Run("[pscustomobject]@{ JobId = '7' } | New-JobPort -Path $area").Single<JobPort>();

        Assert.Equal(("7", Environment.UserName), (lease.JobId, lease.Owner));
        Assert.True(Run("[pscustomobject]@{ JobId = '7' } | Remove-JobPort -Path $area").Single<ReleasedPort>().Changed);
        Assert.Equal("8", Run("New-JobPort -JobId 8 -Path $area | Remove-JobPort").Single<ReleasedPort>().JobId);
    }

    [Fact]
    public void The_site_names_the_area_its_range_and_its_time()
    {
        var site = SiteWith($"portArea: {{ path: {_test.Path}, first: 40003, last: 40003, timeToLive: 2h }}");

        var lease = Run($"New-JobPort 7 -Site {site}").Single<JobPort>();

        Assert.Equal((40003, TimeSpan.FromHours(2)), (lease.Port, lease.ExpiresAt - lease.LeasedAt));
        Assert.Equal("7", Run($"Get-JobPort -Site {site}").Single<JobPort>().JobId);
        Run($"New-JobPort 8 -Site {site}").Failure("PortAreaExhausted");
    }

    [Fact]
    public void A_site_without_an_area_is_named_with_what_to_write()
    {
        var failure = Run($"Get-JobPort -Site {SiteWith("registry: registry.lab:5000")}").Failure("PortAreaMissing");

        Assert.Contains("portArea:", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lease_as_json_has_the_fields_that_tools_read()
    {
        var lease = Run("New-JobPort 7 -Owner alice -Path $area").Single<JobPort>();

        using var json = JsonDocument.Parse(JsonSerializer.Serialize(lease));
        foreach (var name in new[]
        {
            "Port", "JobId", "Owner", "Host", "LeasedAt", "ExpiresAt", "State", "Path", "Nodes", "NodeSlots", "Changed",
        })
        {
            Assert.True(json.RootElement.TryGetProperty(name, out _), name);
        }
    }

    [Fact]
    public void What_if_takes_nothing_and_can_show_what_would_be()
    {
        Assert.Empty(Run("New-JobPort 7 -Path $area -WhatIf").Output);
        var predicted = Run("New-JobPort 7 -Path $area -WhatIf -PassThru -BusyPort 40000,40001,40002,40003").Single<JobPort>();

        Assert.Equal((40004, true), (predicted.Port, predicted.Changed));
        Assert.Equal(5, _test.FoundFree().Count);

        _test.Area.Lease(TestArea.Request("7"));
        Assert.False(Run("New-JobPort 7 -Path $area -WhatIf").Single<JobPort>().Changed);
        Assert.Empty(Run("Remove-JobPort 7 -Path $area -WhatIf").Output);
        Assert.Equal(nameof(ReleaseReason.Requested), Run("Remove-JobPort 7 -Path $area -WhatIf -PassThru").Single<ReleasedPort>().Reason);
        Assert.Equal(4, _test.FoundFree().Count);
    }

    [Theory]
    [InlineData("New-JobPort 7 -TimeToLive 3600", "InvalidValue", "ticks")]
    [InlineData("New-JobPort a/b", "InvalidValue", "The job id 'a/b'")]
    [InlineData("Remove-JobPort a/b", "InvalidValue", "The job id 'a/b'")]
    [InlineData("Get-JobPort 7", "JobNotFound", "Get-JobPort")]
    [InlineData("Remove-JobPort -Expired -LiveJobId @()", "ParameterArgumentValidationError", "LiveJobId")]
    public void Bad_input_is_an_error_with_the_next_step(string command, string id, string says)
    {
        var failure = Run(command + " -Path $area").Failure(id);

        Assert.Contains(says, failure.ErrorDetails?.RecommendedAction + failure.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(5, _test.FoundFree().Count);
    }

    [Fact]
    public void A_missing_area_is_an_error_for_each_cmdlet()
    {
        foreach (var command in new[] { "New-JobPort 7", "Get-JobPort", "Remove-JobPort 7", "Remove-JobPort -Expired" })
        {
            Run($"{command} -Path {_test.Path}-not").Failure("PortAreaMissing");
        }
    }

    [Fact]
    public void Jobs_are_found_by_id_by_pattern_and_by_port()
    {
        foreach (var job in new[] { "1234[5]", "12345", "manual-1" })
        {
            _test.Area.Lease(TestArea.Request(job));
        }

        Assert.Equal(["1234[5]"], JobsOf("Get-JobPort '1234[5]' -Path $area"));
        Assert.Equal(["12345", "1234[5]"], JobsOf("Get-JobPort '1234*' -Path $area"));
        Assert.Equal(["12345", "manual-1"], JobsOf("Get-JobPort 'man*','1234?' -Path $area"));
        Assert.Empty(JobsOf("Get-JobPort 'x*' -Path $area"));
        Run("Get-JobPort '123[4]5' -Path $area").Failure("JobNotFound");
        var port = _test.Area.Find("12345")!.Port;
        Assert.Equal(["12345"], JobsOf($"Get-JobPort -Port {port} -Path $area"));
    }

    [Fact]
    public void A_job_id_by_the_pipeline_is_text_and_no_printed_object()
    {
        _test.Area.Lease(TestArea.Request("4711"));

        Assert.Equal(["4711"], JobsOf("'4711' | Get-JobPort -Path $area"));
        Assert.Equal(["4711"], JobsOf("4711 | Get-JobPort -Path $area"));
        Run("[uri]'http://x' | Get-JobPort -Path $area").Failure("InputObjectNotBound");
    }

    [Fact]
    public void A_lease_goes_by_the_pipeline_and_twice_is_fine()
    {
        using var elsewhere = new TestArea();

        var script = $"$port = New-JobPort 7 -Path {elsewhere.Path}; $port | Remove-JobPort; $port | Remove-JobPort";
        var released = Run($"{script}; Remove-JobPort 7, 8 -Path $area").Output.Select(item => (ReleasedPort)item.BaseObject).ToArray();

        Assert.Equal([true, false, false, false], released.Select(one => one.Changed));
        Assert.Equal(["7", "7", "7", "8"], released.Select(one => one.JobId));
        Assert.Equal(elsewhere.Path, released[0].Path);
        Assert.Equal(5, elsewhere.FoundFree().Count);
    }

    [Fact]
    public void An_allocation_gives_back_its_port()
    {
        Run($"{Allocation} | New-JobPort -Path $area").Single<JobPort>();

        Assert.True(Run($"{Allocation} | Remove-JobPort -Path $area").Single<ReleasedPort>().Changed);
    }

    [Fact]
    public void Leases_end_by_time_and_by_the_list_of_jobs_that_live()
    {
        var past = _test.With(new FixedClock(DateTimeOffset.UtcNow.AddDays(-30)));
        past.Lease(TestArea.Request("1") with { Scheduler = Scheduler.Slurm });
        past.Lease(TestArea.Request("2") with { Scheduler = Scheduler.Slurm });
        _test.With(new FixedClock(DateTimeOffset.UtcNow.AddMinutes(-11))).Lease(TestArea.Request("3") with { Scheduler = Scheduler.Slurm });
        _test.Area.Lease(TestArea.Request("4"));
        _test.Area.Lease(TestArea.Request("6") with { Scheduler = Scheduler.Slurm });

        var first = Run("Remove-JobPort -Expired -LiveJobId 2, 5 -Path $area").Output.Select(item => (ReleasedPort)item.BaseObject);
        Assert.Equal(
            [("1", nameof(ReleaseReason.JobEnded)), ("3", nameof(ReleaseReason.JobEnded))],
            first.Select(one => (one.JobId, one.Reason)).Order());

        var second = Run("Remove-JobPort -Expired -Path $area").Single<ReleasedPort>();
        Assert.Equal(("2", nameof(ReleaseReason.Expired)), (second.JobId, second.Reason));
        Assert.Empty(Run("Remove-JobPort -Expired -Path $area").Output);
        Assert.Equal(["4", "6"], JobsOf("Get-JobPort -Path $area"));
    }

    [Fact]
    public void A_stray_entry_is_a_warning_and_the_other_leases_go_on()
    {
        _test.With(new FixedClock(DateTimeOffset.UtcNow.AddDays(-30))).Lease(TestArea.Request("7"));
        _test.Area.Lease(TestArea.Request("8"));
        TestArea.Shell("touch", $"{_test.Path}/job-touched");

        var listed = Run("Get-JobPort -Path $area");
        var removed = Run("Remove-JobPort -Expired -Path $area");

        Assert.Equal(["7", "8"], listed.Output.Select(item => ((JobPort)item.BaseObject).JobId).Order());
        Assert.Equal("7", removed.Single<ReleasedPort>().JobId);
        Assert.All(
            [listed, removed],
            run => Assert.Contains($"rm {_test.Path}/job-touched", Assert.Single(run.Warnings), StringComparison.Ordinal));
    }

    [Fact]
    public void A_time_to_live_that_is_asked_for_again_holds_from_now_on()
    {
        var first = Run("New-JobPort 7 -Path $area -TimeToLive 01:00:00").Single<JobPort>();

        var again = Run("New-JobPort 7 -Path $area -TimeToLive 05:00:00").Single<JobPort>();

        Assert.True(again.Changed);
        Assert.InRange(again.ExpiresAt!.Value, first.LeasedAt.AddHours(5), first.LeasedAt.AddHours(5).AddMinutes(5));
        Assert.False(Run("New-JobPort 7 -Path $area").Single<JobPort>().Changed);
    }

    private string[] JobsOf(string script)
    {
        var run = Run(script);
        Assert.Empty(run.Errors);
        return [.. run.Output.Select(item => ((JobPort)item.BaseObject).JobId).Order(StringComparer.Ordinal)];
    }

    private string SiteWith(string line)
    {
        // Beside the area, not in it: every file there with one link is a free port.
        var site = _test.Path + ".yaml";
        File.WriteAllText(site, line + "\n");
        return site;
    }

    private CmdletRun Run(string script) => CmdletRun.Of(
        $"$area = '{_test.Path}'; {script}",
        ("Get-HpcAllocation", typeof(GetHpcAllocationCommand)),
        ("New-JobPort", typeof(NewJobPortCommand)),
        ("Get-JobPort", typeof(GetJobPortCommand)),
        ("Remove-JobPort", typeof(RemoveJobPortCommand)));
}
