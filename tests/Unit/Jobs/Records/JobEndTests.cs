using PisaHpc.Batch;
using PisaHpc.Jobs.Records;

namespace PisaHpc.Unit.Jobs.Records;

/// <summary>Why a run ended: the first evidence that holds, in the order of what can be relied on.</summary>
public sealed class JobEndTests
{
    private static readonly HpcEndedJobNode Fine =
        new() { Name = "o2wn01", Slots = 32, State = "Running", OomKills = 0, MemoryLimitHits = 0 };

    private static readonly HpcEndedJobNode Killed = new()
    {
        Name = "o2wn02",
        Slots = 24,
        State = "Running",
        OutOfMemory = true,
        OomKills = 2,
        MemoryLimitHits = 7,
        MemoryLimitBytes = 64 << 20,
    };

    private static readonly HpcEndedJobNode Lost =
        new() { Name = "o2wn02", ErrorId = nameof(ErrorId.NodeUnreachable), Message = "o2wn02 does\nnot answer" };

    [Theory]
    [InlineData(ErrorId.ImageNotFound, EndReason.ImageMissing)]
    [InlineData(ErrorId.ImagePullFailed, EndReason.ImageMissing)]
    [InlineData(ErrorId.ContainerNotReady, EndReason.NotReady)]
    [InlineData(ErrorId.NodeUnreachable, EndReason.NodeLost)]
    [InlineData(ErrorId.NodeTimeout, EndReason.NodeLost)]
    [InlineData(ErrorId.LimitRefused, EndReason.NotStarted)]
    public void A_start_that_failed_is_told_by_the_first_node_that_did(ErrorId id, EndReason reason)
    {
        var failure = new HpcException(ErrorId.JobRolledBack, "It was\ntaken back")
        {
            FailedNodes = [new("o2wn01", new HpcException(id, "first")), new("o2wn02", new HpcException(ErrorId.DiskFull, "second"))],
        };
        var end = Of(new EndFacts { FailedStart = failure, Nodes = [Killed], Batch = new BatchEnd { Outcome = BatchOutcome.TimeLimit } });
        Assert.Equal((reason, "It was taken back"), (end.Reason, end.Message));
    }

    [Fact]
    public void A_start_that_failed_for_no_nodes_sake_is_told_by_its_own_id() => Assert.Equal(
        EndReason.NotStarted, Of(new EndFacts { FailedStart = new HpcException(ErrorId.PortAreaExhausted, "no port") }).Reason);

    [Fact]
    public void A_start_that_was_interrupted_says_by_whom() =>
        Assert.Equal("its start by root on o2wn01 with a-test was interrupted", Of(new EndFacts { Interrupted = true }).Message);

    [Theory]
    [InlineData(BatchOutcome.Completed, 0)]
    [InlineData(BatchOutcome.Failed, 1)]
    [InlineData(BatchOutcome.TimeLimit, null)]
    public void A_kill_for_memory_that_was_counted_goes_before_whatever_the_batch_system_says(BatchOutcome outcome, int? code)
    {
        var end = Of(new EndFacts { Nodes = [Fine, Killed], Batch = new BatchEnd { Outcome = outcome, ExitCode = code, State = "FAILED" } });
        Assert.Equal(
            (EndReason.OutOfMemory, code,
                "the kernel killed 2 processes of the container on o2wn02 for memory, at its own limit of 64 MiB (the batch system: FAILED)"),
            (end.Reason, end.ExitCode, end.Message));
    }

    [Fact]
    public void A_kill_at_no_limit_of_the_container_was_at_one_above_it() => Assert.Equal(
        "the kernel killed a process of the container on o2wn02 for memory, at a limit above it or for want of memory on the node",
        Of(new EndFacts { Nodes = [Killed with { OomKills = 1, MemoryLimitHits = 0 }] }).Message);

    [Fact]
    public void A_kill_of_which_the_engine_alone_tells_is_one_too() => Assert.Equal(
        (EndReason.OutOfMemory, "the kernel killed a process of the container on o2wn02 for memory"),
        Told(new EndFacts { Nodes = [new HpcEndedJobNode { Name = "o2wn02", State = "Exited", ExitCode = 137, OutOfMemory = true }] }));

    [Theory]
    [InlineData(137, EndReason.Signal, 9)]
    [InlineData(143, EndReason.Signal, 15)]
    [InlineData(3, EndReason.Failed, null)]
    public void A_container_that_had_ended_by_itself_is_told_by_its_code_and_137_is_no_proof_of_memory(int code, EndReason reason, int? signal)
    {
        var end = Of(new EndFacts { Nodes = [new HpcEndedJobNode { Name = "o2wn02", State = "Exited", ExitCode = code }] });
        Assert.Equal((reason, code, signal), (end.Reason, end.ExitCode, end.Signal));
    }

    [Fact]
    public void A_container_that_ended_in_order_says_nothing_of_the_job() =>
        Assert.Equal(EndReason.Stopped, Of(new EndFacts { Nodes = [Fine with { State = "Exited", ExitCode = 0 }] }).Reason);

    [Theory]
    [InlineData(BatchOutcome.Cancelled, EndReason.Cancelled)]
    [InlineData(BatchOutcome.TimeLimit, EndReason.TimeLimit)]
    [InlineData(BatchOutcome.Deadline, EndReason.Deadline)]
    [InlineData(BatchOutcome.Preempted, EndReason.Preempted)]
    [InlineData(BatchOutcome.NodeFailed, EndReason.NodeLost)]
    [InlineData(BatchOutcome.OutOfMemory, EndReason.OutOfMemory)]
    [InlineData(BatchOutcome.Completed, EndReason.Finished)]
    [InlineData(BatchOutcome.Failed, EndReason.Failed)]
    public void The_batch_systems_state_is_told_where_no_evidence_of_our_own_is(BatchOutcome outcome, EndReason reason) =>
        Assert.Equal(reason, Of(new EndFacts { Nodes = [Fine], Batch = new BatchEnd { Outcome = outcome } }).Reason);

    /// <summary>Every outcome has its reason: a new one has to be thought of.</summary>
    [Fact]
    public void No_outcome_is_passed_over() => Assert.All(
        Enum.GetValues<BatchOutcome>().Except([BatchOutcome.Unknown]),
        outcome => Assert.NotEqual(EndReason.Stopped, Of(new EndFacts { Batch = new BatchEnd { Outcome = outcome } }).Reason));

    [Theory]
    [InlineData(0, null, EndReason.Finished)]
    [InlineData(1, null, EndReason.Failed)]
    [InlineData(137, null, EndReason.Failed)]
    [InlineData(0, 9, EndReason.Signal)]
    [InlineData(0, 15, EndReason.Signal)]
    public void An_exit_code_alone_tells_how_the_script_ended(int code, int? signal, EndReason reason)
    {
        var end = Of(new EndFacts { Nodes = [Fine], Batch = new BatchEnd { ExitCode = code, Signal = signal } });
        Assert.Equal((reason, code, signal), (end.Reason, end.ExitCode, end.Signal));
    }

    [Fact]
    public void A_node_that_does_not_answer_is_why_a_script_failed_and_not_why_one_ended_well()
    {
        Assert.Equal(
            (EndReason.NodeLost, "o2wn02: o2wn02 does not answer"),
            Told(new EndFacts { Nodes = [Fine, Lost], Batch = new BatchEnd { ExitCode = 1 } }));
        Assert.Equal(EndReason.Finished, Of(new EndFacts { Nodes = [Fine, Lost], Batch = new BatchEnd { ExitCode = 0 } }).Reason);
        Assert.Equal(EndReason.NodeLost, Of(new EndFacts { Nodes = [Fine, Lost] }).Reason);
    }

    [Fact]
    public void Where_nobody_says_how_it_ended_it_was_stopped_or_found_dead()
    {
        Assert.Equal(
            (EndReason.Stopped, "stopped by root on o2wn01 with a-test; nobody says how its script ended"),
            Told(new EndFacts { Nodes = [Fine] }));
        Assert.Equal(EndReason.Abandoned, Of(new EndFacts { Nodes = [Fine], Abandoned = true }).Reason);
    }

    [Fact]
    public void What_a_sweep_took_away_has_the_reason_that_is_known_and_by_what_it_was_an_orphan()
    {
        var swept = new EndFacts { Nodes = [Fine], OrphanedBy = "Slurm does not know it" };
        Assert.Equal(
            (EndReason.Orphaned, "nobody says how its script ended; swept as an orphan: Slurm does not know it"), Told(swept));
        Assert.Equal(
            (EndReason.TimeLimit, "its time limit was reached (the batch system: TIMEOUT); swept as an orphan: Slurm does not know it"),
            Told(swept with { Batch = new BatchEnd { Outcome = BatchOutcome.TimeLimit, State = "TIMEOUT" } }));
    }

    [Fact]
    public void What_others_said_is_one_line() => Assert.Equal(
        @"its script ended with code 1 (the batch system: None, a b \u001b[2J)",
        Of(new EndFacts { Batch = new BatchEnd { ExitCode = 1, State = "None", Reason = "a\r\n b \u001b[2J" } }).Message);

    private static JobEnd Of(EndFacts facts) => JobEnd.Of(facts with { By = "root on o2wn01 with a-test" });

    private static (EndReason Reason, string Message) Told(EndFacts facts) => (Of(facts).Reason, Of(facts).Message);
}
