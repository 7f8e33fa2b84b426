using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Ports;

namespace PisaHpc.Unit.Commands;

public sealed class NodeNamesTests
{
    private static readonly (string, Type) Cmdlet = ("Get-NamedNode", typeof(GetNamedNodeCommand));

    [Theory]
    [InlineData("-Node o2wn01", "o2wn01")]
    [InlineData("-Node 'o2wn[01-02],login'", "o2wn01 o2wn02 login")]
    [InlineData("-Node o2wn[01-02]", "o2wn01 o2wn02")]
    [InlineData("-Node a,'b[1-2]',@('c',@('d e'))", "a b1 b2 c d e")]
    [InlineData("-Node a,b,a", "a b")]
    [InlineData("-Node 'o2wn*',n?", "o2wn* n?")]
    [InlineData("-Node ([pscustomobject]@{ Node = 'n[1-2]' })", "n1 n2")]
    [InlineData("-Node ([pscustomobject]@{ Node = $null; Nodes = 'a', ([pscustomobject]@{ Name = 'b' }) })", "a b")]
    [InlineData("-Node @{ Node = 'a' }, @{ name = 'b' }", "a b")]
    [InlineData("-Node ([System.Collections.Generic.List[object]]('a', 'b'))", "a b")]
    [InlineData("-Node $null", "")]
    [InlineData("-Node @()", "")]
    public void A_node_parameter_takes_whatever_names_nodes(string arguments, string nodes) =>
        Assert.Equal(nodes, string.Join(' ', CmdletRun.Of("Get-NamedNode " + arguments, Cmdlet).Output));

    [Theory]
    [InlineData("'a', 'b[1-2]' | Get-NamedNode", "a b1 b2")]
    [InlineData("[pscustomobject]@{ Node = 'n1'; Name = 'mlx5_0' } | Get-NamedNode", "n1")]
    [InlineData("[pscustomobject]@{ JobId = '1'; Nodes = 'n1', 'n2' } | Get-NamedNode", "n1 n2")]
    [InlineData("[pscustomobject]@{ Name = 'n1' } | Get-NamedNode", "n1")]
    [InlineData("@() | Get-NamedNode", "")]
    public void And_so_does_the_pipeline(string script, string nodes)
    {
        var run = CmdletRun.Of(script, Cmdlet);
        Assert.Empty(run.Errors);
        Assert.Equal(nodes, string.Join(' ', run.Output));
    }

    [Theory]
    [InlineData("o2wn[01-02]*32 o2wn03*24", "o2wn01 o2wn02 o2wn03")]
    [InlineData("o2wn[01-02]", "o2wn01 o2wn02")]
    [InlineData("o2wn[01*8 o2wn02*8", "o2wn02")]
    [InlineData(null, "")]
    public void A_lease_names_its_jobs_nodes_without_their_slots(string? slots, string nodes)
    {
        var lease = new JobPort
        {
            Port = 22000,
            JobId = "7",
            Owner = "hpcuser",
            LeasedAt = DateTimeOffset.UnixEpoch,
            State = nameof(LeaseState.Leased),
            NodeSlots = slots,
            Path = "/ports",
        };
        var run = CmdletRun.With([lease], "Get-NamedNode", Cmdlet);
        Assert.Empty(run.Errors);
        Assert.Equal(nodes, string.Join(' ', run.Output));
    }

    [Theory]
    [InlineData("-Node 'o2wn[01-'", "column 5: the bracket is not closed")]
    [InlineData("-Node o2wn[01,02]", "put quotes around a host list")]
    [InlineData("-Node a,'-oProxyCommand=x'", "cannot start with '-'")]
    [InlineData("-Node 5", "'5' names no node")]
    [InlineData("-Node @{ Host = 'a' }", "A hashtable names no node")]
    [InlineData("-Node ([pscustomobject]@{ Id = 1 })", "names no node: expected a name")]
    public void What_names_no_node_is_refused_with_the_reason(string arguments, string reason) =>
        Assert.Contains(
            reason,
            CmdletRun.Of("Get-NamedNode " + arguments, Cmdlet).Failure("ParameterArgumentTransformationError").Exception.Message,
            StringComparison.Ordinal);

    [Cmdlet(VerbsCommon.Get, "NamedNode")]
    public sealed class GetNamedNodeCommand : PSCmdlet
    {
        [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
        [Alias("Nodes")]
        [NodeNames]
        public string[]? Node { get; set; }

        protected override void ProcessRecord() => WriteObject(Node, enumerateCollection: true);
    }
}
