using PisaHpc.Module.Commands;
using PisaHpc.Preflight;

namespace PisaHpc.Unit.Commands;

/// <summary>What is meant by the parameters of Test-HpcNode, before any node is asked.</summary>
public sealed class TestHpcNodeTests : IDisposable
{
    private const string TwoNodes = "nodes: { names: 'localhost,no-such-node', ssh: { client: local } }\n";

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

    [Theory]
    [InlineData("", "localhost Passed", "no-such-node Failed")]
    [InlineData("-OnlyProblems", "no-such-node Failed")]
    public void Of_a_good_node_and_a_bad_one_the_problems_are_the_bad_one_s(string how, params string[] found)
    {
        File.WriteAllText(_site, TwoNodes);
        var run = Run($"localhost,no-such-node -Check Ssh {how}");
        Assert.Empty(run.Errors);
        Assert.Equal(found, run.Output.Select(row => (HpcNodeCheck)row.BaseObject).Select(check => $"{check.Node} {check.Result}"));
    }

    /// <summary>What it finds there is its own business: that it cannot be reached.</summary>
    [Fact]
    public void Just_the_bad_node_reaches_what_makes_nodes_fit()
    {
        File.WriteAllText(_site, TwoNodes);
        var run = Run("localhost,no-such-node -Check Ssh -OnlyProblems", $"| Initialize-HpcNode -WhatIf -PassThru -Site '{_site}'");
        Assert.Equal("no-such-node", run.Failure("NodeUnreachable").TargetObject);
        Assert.Empty(run.Output);
    }

    private CmdletRun Run(string arguments, string more = "") => CmdletRun.Of(
        $"Test-HpcNode {arguments} -Site '{_site}' {more}",
        ("Test-HpcNode", typeof(TestHpcNodeCommand)), ("Initialize-HpcNode", typeof(InitializeHpcNodeCommand)));
}
