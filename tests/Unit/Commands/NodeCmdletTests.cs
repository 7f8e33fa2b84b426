using PisaHpc.Commands;

namespace PisaHpc.Unit.Commands;

public sealed class NodeCmdletTests
{
    [Fact]
    public void Short_work_on_a_node_has_a_limit_unless_somebody_says_none()
    {
        Assert.Equal(60, new GetHpcContainerCommand().TimeoutSec);
        Assert.Equal(0, new GetHpcContainerCommand { TimeoutSec = 0 }.TimeoutSec);
        Assert.Equal(0, new StartHpcJobCommand().TimeoutSec);
    }

    [Fact]
    public void A_stop_has_the_grace_and_a_minute()
    {
        Assert.Equal(660, new StopHpcJobCommand { GraceSec = 600 }.TimeoutSec);
        Assert.Equal(660, new StopHpcContainerCommand { GraceSec = 600 }.TimeoutSec);
        Assert.Equal(5, new StopHpcJobCommand { GraceSec = 600, TimeoutSec = 5 }.TimeoutSec);
    }

    [Fact]
    public void Ssh_configurations_are_removed_from_nodes_that_a_pattern_names()
    {
        var site = Path.GetTempFileName();
        try
        {
            File.WriteAllText(site, "nodes: { names: 'o2wn[01-02]' }\n");
            var run = CmdletRun.Of(
                $"Remove-JobSshConfig 4711 'o2wn*' -Site {site} -WhatIf", ("Remove-JobSshConfig", typeof(RemoveJobSshConfigCommand)));
            Assert.Empty(run.Errors);
        }
        finally
        {
            File.Delete(site);
        }
    }
}
