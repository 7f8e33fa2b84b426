using PisaHpc.Hook;

namespace PisaHpc.Unit.Hook;

public sealed class HookOptionsTests
{
    [Fact]
    public void Options_are_those_of_the_cmdlets_without_regard_to_case_with_one_dash_or_two()
    {
        var options = HookOptions.Read(["start", "-Environment", "cs7", "--timeoutsec", "30", "-DEADLINESEC", "90", "-verbose", "-Site", "x"]);
        Assert.Equal((HookVerb.Start, "cs7", "x", true), (options.Verb, options.Environment, options.Site, options.Verbose));
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(90)), (options.NodeTimeout, options.Deadline));
    }

    [Fact]
    public void A_stop_takes_jobs_by_name_or_by_option_and_a_start_takes_none()
    {
        var options = HookOptions.Read(["stop", "7", "-JobId", "8", "-GraceSec", "0", "9"]);
        Assert.Equal(["7", "8", "9"], options.JobIds);
        Assert.Equal(TimeSpan.Zero, options.Grace);
        Assert.Equal(TimeSpan.FromSeconds(10), HookOptions.Read(["stop"]).Grace);
    }

    [Fact]
    public void A_sweep_takes_times_switches_and_jobs()
    {
        var options = HookOptions.Read(
            ["sweep", "-WhatIf", "7", "-EndedForSec", "0", "--BatchTimeoutSec", "5", "-JobId", "8", "-GraceSec", "1", "-Verbose"]);
        Assert.Equal(["7", "8"], options.JobIds);
        Assert.Equal((true, true, false), (options.WhatIf, options.Verbose, options.Boot));
        Assert.Equal(
            (TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1)), (options.EndedFor, options.BatchTimeout, options.Grace));

        options = HookOptions.Read(["sweep", "--boot"]);
        Assert.Equal((true, false), (options.Boot, options.WhatIf));
        Assert.Equal((TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(30)), (options.EndedFor, options.BatchTimeout));
    }

    [Fact]
    public void A_stop_may_ask_the_batch_system()
    {
        var options = HookOptions.Read(["stop", "-AskBatchSystem", "7"]);
        Assert.Equal((true, "7"), (options.AskBatchSystem, options.JobIds.Single()));
        Assert.False(HookOptions.Read(["stop", "7"]).AskBatchSystem);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("stop")]
    [InlineData("sweep")]
    public void Each_may_leave_a_trace(string verb)
    {
        Assert.Equal("/var/tmp/t.json", HookOptions.Read([verb, "-TraceFile", "/var/tmp/t.json"]).TraceFile);
        Assert.Null(HookOptions.Read([verb]).TraceFile);
    }

    [Fact]
    public void A_start_and_a_stop_may_be_for_one_user_alone()
    {
        Assert.Equal("daemon", HookOptions.Read(["start", "-Owner", "daemon"]).Owner);
        Assert.Equal("daemon", HookOptions.Read(["stop", "-Here", "o2wn01", "--owner", "daemon", "7"]).Owner);
        Assert.Null(HookOptions.Read(["stop", "7"]).Owner);
        Assert.Throws<HookUsageException>(() => HookOptions.Read(["sweep", "-Owner", "daemon"]));
    }

    [Fact]
    public void A_start_and_a_stop_may_be_told_the_node_that_they_run_on()
    {
        Assert.Equal("o2wn01", HookOptions.Read(["start", "-On", "o2wn01"]).On);
        Assert.Equal("o2wn02", HookOptions.Read(["stop", "-Here", "o2wn02", "--on", "o2wn02", "7"]).On);
        Assert.Throws<HookUsageException>(() => HookOptions.Read(["sweep", "-On", "o2wn01"]));
    }

    [Theory]
    [InlineData("'-Boot' lacks its value.", "stop", "-Boot")]
    [InlineData("A sweep after a boot is of all jobs", "sweep", "-Boot", "7")]
    [InlineData("A sweep after a boot asks no batch system", "sweep", "-Boot", "-EndedForSec", "0")]
    [InlineData("A sweep after a boot asks no batch system", "sweep", "-BatchTimeoutSec", "5", "-Boot")]
    [InlineData("-Here and -AskBatchSystem do not go together", "stop", "-AskBatchSystem", "-Here", "o2wn01", "7")]
    [InlineData("Say what to do")]
    [InlineData("'begin' is nothing to do here", "begin")]
    [InlineData("'-Environment' lacks its value.", "start", "-Environment")]
    [InlineData("'-Environment' lacks its value.", "start", "-Environment", "-Verbose")]
    [InlineData("'7' is left over", "start", "7")]
    [InlineData("'-GraceSec' is no option of pisahpc-hook start.", "start", "-GraceSec", "1")]
    [InlineData("'-Environment' is no option of pisahpc-hook stop.", "stop", "-Environment", "x")]
    [InlineData("'-AskBatchSystem' is no option of pisahpc-hook start.", "start", "-AskBatchSystem", "x")]
    [InlineData("-DeadlineSec '0' is no number of seconds from 1 to 86400.", "start", "-DeadlineSec", "0")]
    [InlineData("-GraceSec '1.5' is no number of seconds from 0 to 3600.", "stop", "-GraceSec", "1.5")]
    public void What_is_not_valid_is_named(string words, params string[] arguments) => Assert.Contains(
        words, Assert.Throws<HookUsageException>(() => HookOptions.Read(arguments)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("-Help")]
    [InlineData("help")]
    [InlineData("start", "-?")]
    public void It_tells_how_it_is_called(params string[] arguments) => Assert.Equal(HookVerb.Help, HookOptions.Read(arguments).Verb);

    [Fact]
    public void No_limit_for_a_node_is_said_as_to_the_cmdlets() =>
        Assert.Equal(Timeout.InfiniteTimeSpan, HookOptions.Read(["stop", "-TimeoutSec", "0"]).NodeTimeout);
}
