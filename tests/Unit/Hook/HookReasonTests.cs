using PisaHpc.Hook;

namespace PisaHpc.Unit.Hook;

/// <summary>Why a start failed, as a prolog's shell reads it: read -r code node reason.</summary>
public sealed class HookReasonTests
{
    [Theory]
    [InlineData(ErrorId.ImageNotFound, "image-missing")]
    [InlineData(ErrorId.EngineUnavailable, "engine-unavailable")]
    [InlineData(ErrorId.JobBeingStarted, "job-being-started")]
    public void It_has_the_errors_id_as_a_word_no_node_and_one_line(ErrorId id, string code) => Assert.Equal(
        $"{code} - It failed. See there.\n", HookReason.Of(new HpcException(id, "It failed.\n  See\tthere.")).ToString());

    [Fact]
    public void The_first_node_that_failed_is_the_reason()
    {
        var failure = new HpcException(ErrorId.JobNotStarted, "Job 1 was not started.")
        {
            FailedNodes =
            [
                new NodeFailure("n02", new HpcException(ErrorId.ImageNotFound, "No image.")),
                new NodeFailure("n01", new HpcException(ErrorId.DiskFull, "No room.")),
            ],
        };
        Assert.Equal("image-missing n02 No image.\n", HookReason.Of(failure).ToString());
    }

    [Fact]
    public void A_long_message_is_cut() =>
        Assert.InRange(HookReason.Of(new HpcException(ErrorId.DiskFull, new string('x', 5000))).ToString().Length, 400, 600);

    [Fact]
    public void A_deadline_is_slowness_and_a_signal_is_not()
    {
        Assert.Equal("too-slow", HookReason.Of(new InterruptionCause("its deadline of 5 s", HookExit.MayPass)).Code);
        Assert.Equal("interrupted", HookReason.Of(new InterruptionCause("SIGTERM", 143)).Code);
    }
}
