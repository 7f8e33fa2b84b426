using PisaHpc.Module.Commands;

namespace PisaHpc.Unit.Commands;

/// <summary>What is meant by the parameters of Test-HpcNode, before any node is asked.</summary>
public sealed class TestHpcNodeTests : IDisposable
{
    private readonly string _site = Path.GetTempFileName();

    public void Dispose() => File.Delete(_site);

    [Theory]
    [InlineData("debain*")]
    [InlineData("debain12")]
    public void An_environment_that_is_not_there_is_a_mistake_and_not_a_node_without_faults(string name)
    {
        File.WriteAllText(_site, "environments: { debian12: { image: 'pisa/hpc:deb12', aliases: [ docker-deb12 ] } }\n");
        Run($"o2wn01 -Environment '{name}' -Summary").Failure("EnvironmentNotFound");
    }

    [Fact]
    public void An_alias_is_meant_by_a_pattern_too()
    {
        File.WriteAllText(_site, "environments: { debian12: { image: 'pisa/hpc:deb12', aliases: [ docker-deb12 ] } }\nnodes: { ssh: { client: local } }\n");
        Assert.Empty(Run("no-such-node -Environment 'docker-*' -Summary").Errors);
    }

    private CmdletRun Run(string arguments) =>
        CmdletRun.Of($"Test-HpcNode {arguments} -Site '{_site}'", ("Test-HpcNode", typeof(TestHpcNodeCommand)));
}
