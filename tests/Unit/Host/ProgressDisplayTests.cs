using System.Management.Automation;
using PisaHpc.Host.Terminal;

namespace PisaHpc.Unit.Host;

public sealed class ProgressDisplayTests
{
    [Fact]
    public void A_line_says_how_far_what_and_where_and_fits_the_terminal()
    {
        var record = new ProgressRecord(1, "Starting containers", "1 of 2 ready") { PercentComplete = 50, CurrentOperation = "o2wn02" };
        Assert.Equal(" 50% Starting containers: 1 of 2 ready o2wn02", ProgressDisplay.LineOf(record, 80));
        Assert.Equal(" 50% Start", ProgressDisplay.LineOf(record, 11));
    }

    [Fact]
    public void A_child_stands_below_its_parent() =>
        Assert.Equal("  o2wn01: pulling", ProgressDisplay.LineOf(new ProgressRecord(2, "o2wn01", "pulling") { ParentActivityId = 1 }, 80));
}
