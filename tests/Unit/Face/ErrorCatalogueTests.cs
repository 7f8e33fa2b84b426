using System.Management.Automation;
using System.Text.RegularExpressions;
using PisaHpc.Module.Base;

namespace PisaHpc.Unit.Face;

public sealed partial class ErrorCatalogueTests
{
    /// <summary>Words in capitals that are no place holders: what they name is written so.</summary>
    private static readonly HashSet<string> Terms = ["TLS", "NE", "PISAHPC_SITE", "ID", "JSON", "YAML", "API", "MPI"];

    public static TheoryData<ErrorId> Ids => [.. Enum.GetValues<ErrorId>()];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_id_has_a_category_and_a_next_step(ErrorId id)
    {
        var record = ErrorCatalogue.RecordOf(new HpcException(id, "It failed.", "o2wn01"));
        Assert.Equal(id.ToString(), record.FullyQualifiedErrorId);
        Assert.Equal(id == ErrorId.InternalError, record.CategoryInfo.Category == ErrorCategory.NotSpecified);
        Assert.Equal("o2wn01", record.TargetObject);
        Assert.Equal("It failed.", record.ErrorDetails.Message);
        Assert.EndsWith(".", record.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_next_step_has_no_place_to_fill_in_whatever_the_target(ErrorId id)
    {
        foreach (var target in new object?[] { "o2wn01", "a text that is no word", 4711u, null, new object(), new string('q', 5000) })
        {
            var record = ErrorCatalogue.RecordOf(new HpcException(id, "It failed.", target), null, "Get-HpcNode");
            var step = record.ErrorDetails.RecommendedAction;
            Assert.DoesNotContain(Capitals().Matches(step), word => !Terms.Contains(word.Value));
            Assert.DoesNotContain("(s)", step, StringComparison.Ordinal);
            Assert.True(step.Length < 400, step);
        }
    }

    [Theory]
    [InlineData(ErrorId.NodeUnreachable, "o2wn01", "ssh o2wn01 true.")]
    [InlineData(ErrorId.DeviceMissing, "o2wn01", "Get-IbDevice -Node o2wn01.")]
    [InlineData(ErrorId.NodeCheckFailed, "o2wn01", "Test-HpcNode o2wn01 |")]
    [InlineData(ErrorId.UserNotFound, "hpcuser", "getent passwd hpcuser.")]
    [InlineData(ErrorId.ImageSourceInvalid, "/srv/cs7.tar", "tar --list --file /srv/cs7.tar.")]
    [InlineData(ErrorId.InvalidValue, "x", "Get-Help Start-HpcJob -Examples.")]
    public void A_next_step_names_the_real_thing(ErrorId id, string target, string words) => Assert.Contains(
        words,
        ErrorCatalogue.RecordOf(new HpcException(id, "It failed.", target), null, "Start-HpcJob").ErrorDetails.RecommendedAction,
        StringComparison.Ordinal);

    [Fact]
    public void A_next_step_holds_no_command_for_a_target_that_a_shell_would_read_otherwise() => Assert.DoesNotContain(
        "rm",
        ErrorCatalogue.RecordOf(new HpcException(ErrorId.NodeUnreachable, "It failed.", "x; rm -rf /")).ErrorDetails.RecommendedAction,
        StringComparison.Ordinal);

    [Fact]
    public void A_failures_own_next_step_wins_over_the_ids()
    {
        var record = ErrorCatalogue.RecordOf(new HpcException(ErrorId.PlanConflict, "It failed.", null, "Do this."), "a target");
        Assert.Equal(("Do this.", "a target"), (record.ErrorDetails.RecommendedAction, record.TargetObject));
    }

    [GeneratedRegex(@"\b[A-Z][A-Z_]+\b")]
    private static partial Regex Capitals();
}
