using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Module.Commands;

namespace PisaHpc.Unit.Commands;

public sealed class HpcImageTests
{
    [Fact]
    public void Results_that_are_piped_back_are_results_and_not_nodes()
    {
        // One that did not fail has nothing to do, so no node is asked; as a node it would be looked up.
        var result = new HpcImageUpdate { Node = "no-such-node.invalid", Name = "reg:5000/x:1", State = nameof(ImageUpdateState.Current) };
        var run = CmdletRun.With([result], "Update-HpcImage -Site /dev/null", ("Update-HpcImage", typeof(UpdateHpcImageCommand)));
        Assert.Empty(run.Errors);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void What_nodes_hold_alike_is_one_row_for_each_image()
    {
        using var engine = new SocketEngine();
        var run = CmdletRun.Of($"Get-HpcImage -Fold -Site '{engine.Site}'", ("Get-HpcImage", typeof(GetHpcImageCommand)));
        Assert.Equal(
            ["registry.lab:5000/pisa/wanted:1 on localhost: Missing", "pisa/hpc:deb12 on localhost: Other"],
            run.Output.Select(row => Assert.IsType<HpcImageGroup>(row.BaseObject).ToString()));
    }

    [Fact]
    public void An_image_by_its_id_is_refused_with_the_next_step()
    {
        var id = "sha256:" + new string('a', 64);
        var failure = CmdletRun.Of($"Update-HpcImage n1 -Image {id}", ("Update-HpcImage", typeof(UpdateHpcImageCommand))).Failure("InvalidValue");
        Assert.Contains("Get-HpcImage", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }
}
