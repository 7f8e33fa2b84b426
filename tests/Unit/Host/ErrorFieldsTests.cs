using System.Management.Automation;
using PisaHpc.Host.Output;

namespace PisaHpc.Unit.Host;

public sealed class ErrorFieldsTests
{
    [Fact]
    public void An_error_about_an_object_that_carries_a_node_names_the_node()
    {
        var target = new PSObject();
        target.Properties.Add(new PSNoteProperty("Node", "o2wn01"));
        var record = new ErrorRecord(new InvalidOperationException("no"), "Id,Cmd", ErrorCategory.OpenError, target);
        Assert.Equal(
            """{"id":"Id","category":"OpenError","message":"no","target":"@{Node=o2wn01}","node":"o2wn01"}""",
            ErrorFields.Of(record).ToJson().ToJsonString());
    }

    [Fact]
    public void A_failure_of_several_nodes_says_each_with_its_id_and_where_something_is_left()
    {
        var failure = new HpcException(ErrorId.JobLeftBehind, "no")
        {
            FailedNodes = [new NodeFailure("o2wn02", new HpcException(ErrorId.DiskFull, "full"))],
            LeftBehind = [new NodeFailure("o2wn01", new HpcException(ErrorId.NodeTimeout, "slow"))],
        };
        Assert.Equal(
            """
            {"id":"JobLeftBehind","category":"NotSpecified","message":"no",
            "failedNodes":[{"node":"o2wn02","id":"DiskFull","message":"full"}],
            "leftBehind":[{"node":"o2wn01","id":"NodeTimeout","message":"slow"}]}
            """.ReplaceLineEndings(""),
            ErrorFields.Of(new ErrorRecord(failure, "JobLeftBehind", ErrorCategory.NotSpecified, null)).ToJson().ToJsonString());
    }

    [Fact]
    public void A_thrown_text_has_no_id_of_its_own()
    {
        var fields = ErrorFields.Of(new ErrorRecord(new RuntimeException("a, b"), "a, b", ErrorCategory.OperationStopped, "a, b"));
        Assert.Equal(nameof(RuntimeException), fields.Id);
        Assert.Equal(["error: a, b", "  id: RuntimeException"], fields.ToLines());
    }

    [Fact]
    public void The_details_message_wins_over_the_exceptions()
    {
        var record = new ErrorRecord(new InvalidOperationException("inner"), "Id", ErrorCategory.NotSpecified, null)
        {
            ErrorDetails = new ErrorDetails("outer") { RecommendedAction = "Do this." },
        };
        Assert.Equal(["error: outer", "  id: Id", "  next: Do this."], ErrorFields.Of(record).ToLines());
    }
}
