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
