using System.Management.Automation;
using PisaHpc.Base;

namespace PisaHpc.Unit.Face;

public sealed class ErrorCatalogueTests
{
    public static TheoryData<ErrorId> Ids => [.. Enum.GetValues<ErrorId>()];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_id_has_a_category_and_a_next_step(ErrorId id)
    {
        var record = ErrorCatalogue.RecordOf(new HpcException(id, "It failed.", "o2wn01"));
        Assert.Equal(id.ToString(), record.FullyQualifiedErrorId);
        Assert.NotEqual(ErrorCategory.NotSpecified, record.CategoryInfo.Category);
        Assert.Equal("o2wn01", record.TargetObject);
        Assert.Equal("It failed.", record.ErrorDetails.Message);
        Assert.EndsWith(".", record.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failures_own_next_step_wins_over_the_ids()
    {
        var record = ErrorCatalogue.RecordOf(new HpcException(ErrorId.PlanConflict, "It failed.", null, "Do this."), "a target");
        Assert.Equal(("Do this.", "a target"), (record.ErrorDetails.RecommendedAction, record.TargetObject));
    }

    [Fact]
    public void Any_other_failure_keeps_its_type_as_id() =>
        Assert.Equal("IOException", ErrorCatalogue.RecordOf(new IOException("disk"), "o2wn01").FullyQualifiedErrorId);
}
