using PisaHpc.Module.Commands;

namespace PisaHpc.Unit.Commands;

public sealed class NodeCmdletTests : IDisposable
{
    private readonly string _site = Path.GetTempFileName();
    private readonly string _noAdapters = Directory.CreateTempSubdirectory("pisahpc-sysfs-").FullName;

    public void Dispose()
    {
        File.Delete(_site);
        Directory.Delete(_noAdapters);
    }

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

    [Theory]
    [InlineData("Get-HpcNode", typeof(GetHpcNodeCommand))]
    [InlineData("Get-HpcContainer", typeof(GetHpcContainerCommand))]
    [InlineData("Get-JobSshConfig 4711", typeof(GetJobSshConfigCommand))]
    [InlineData("Get-IbDevice", typeof(GetIbDeviceCommand))]
    public void A_site_definition_with_errors_is_one_error_and_not_one_for_each_node(string command, Type type)
    {
        File.WriteAllText(_site, "registy: x\n");
        var run = CmdletRun.Of($"{command} -Node n1, n2 -Site {_site}", (command.Split(' ')[0], type));
        run.Failure("SiteInvalid");
        Assert.Empty(run.Output);
    }

    [Fact]
    public void This_machine_s_adapters_are_found_without_a_site_definition()
    {
        File.WriteAllText(_site, "registy: x\n");
        var run = CmdletRun.Of($"Get-IbDevice -Root {_noAdapters} -Site {_site}", ("Get-IbDevice", typeof(GetIbDeviceCommand)));
        Assert.Empty(run.Errors);
    }

    [Fact]
    public void Ssh_configurations_are_removed_from_nodes_that_a_pattern_names()
    {
        File.WriteAllText(_site, "nodes: { names: 'o2wn[01-02]' }\n");
        var run = CmdletRun.Of(
            $"Remove-JobSshConfig 4711 'o2wn*' -Site {_site} -WhatIf", ("Remove-JobSshConfig", typeof(RemoveJobSshConfigCommand)));
        Assert.Empty(run.Errors);
    }
}
