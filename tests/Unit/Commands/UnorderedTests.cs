using PisaHpc.Module.Commands;

namespace PisaHpc.Unit.Commands;

/// <summary>-Unordered where there is an order to give up, and nowhere else.</summary>
public sealed class UnorderedTests
{
    [Theory]
    [InlineData("Get-HpcNode -Summary", typeof(GetHpcNodeCommand))]
    [InlineData("Get-HpcNode -Fold", typeof(GetHpcNodeCommand))]
    [InlineData("Get-HpcNode -Watch", typeof(GetHpcNodeCommand))]
    [InlineData("Test-HpcNode -Summary", typeof(TestHpcNodeCommand))]
    [InlineData("Test-HpcNode -Fold", typeof(TestHpcNodeCommand))]
    [InlineData("Get-HpcImage -Fold", typeof(GetHpcImageCommand))]
    [InlineData("Compare-HpcEnvironment -Summary", typeof(CompareHpcEnvironmentCommand))]
    [InlineData("Compare-HpcEnvironment -Fold", typeof(CompareHpcEnvironmentCommand))]
    [InlineData("Test-HpcContainer -Definition -Summary", typeof(TestHpcContainerCommand))]
    [InlineData("Test-HpcContainer -Definition -Fold", typeof(TestHpcContainerCommand))]
    [InlineData("Invoke-ContainerCommand id -JobId 1 -Fold", typeof(InvokeContainerCommandCommand))]
    public void Beside_what_puts_out_all_nodes_together_it_is_refused(string command, Type type)
    {
        var other = command[(command.LastIndexOf('-') + 1)..];
        var failure = CmdletRun.Of($"{command} -Unordered", (command.Split(' ')[0], type)).Failure("InvalidValue");
        Assert.Equal($"-Unordered has no meaning with -{other}.", failure.Exception.Message);
    }

    [Theory]
    [InlineData("Get-HpcNode -IntervalSec 2", "-IntervalSec has no meaning without -Watch.")]
    [InlineData("Get-HpcNode -IntervalSec 2 -Watch:$false", "-IntervalSec has no meaning without -Watch.")]
    [InlineData("Get-HpcNode -Fold -Summary", "-Fold and -Summary cannot be used together: each says what is put out.")]
    public void What_cannot_go_together_or_alone_says_so(string command, string words) => Assert.Equal(
        words, CmdletRun.Of(command, ("Get-HpcNode", typeof(GetHpcNodeCommand))).Failure("InvalidValue").Exception.Message);

    [Fact]
    public void A_switch_that_is_turned_off_is_not_there() => Assert.Equal(
        "SiteMissing",
        Assert.Single(CmdletRun.Of("Get-HpcNode -Fold:$false -Summary -Unordered:$false", ("Get-HpcNode", typeof(GetHpcNodeCommand))).Errors)
            .FullyQualifiedErrorId.Split(',')[0]);
}
