using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Environments;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>Reads the host keys of static environments from their nodes, as lines for known_hosts and ssh_config.</summary>
[Cmdlet(VerbsData.Export, "HpcKnownHost", SupportsShouldProcess = true)]
[OutputType(typeof(HpcKnownHost))]
public sealed class ExportHpcKnownHostCommand : NodeCmdlet
{
    private readonly ConcurrentBag<HpcKnownHost> _found = [];

    /// <summary>Static environments that the site declares, by name; wildcards are allowed. All of them when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = ["*"];

    /// <summary>Only of these of their nodes; of all of them when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>A known_hosts file that gets the lines; what else stands in it stays.</summary>
    [Parameter]
    public string? Path { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        var strict = !Static.Any(WildcardPattern.ContainsWildcardCharacters);
        var meant = (from definition in StaticNames.DefinitionsOf(this, Static)
                     from node in StaticNames.NodesOf(this, definition, Node, strict)
                     select (Definition: definition, Node: node)).ToList();
        return OnEachAsync(meant, item => item.Node, (item, stopping) => OrReportAsync(item.Node, async () =>
            _found.Add(await HpcKnownHost.ReadAsync(Cluster, RequiredSite, item.Definition, item.Node, stopping))));
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var hosts = _found.OrderBy(host => host.Static, StringComparer.Ordinal).ThenBy(host => host.Node, StringComparer.Ordinal)
            .DistinctBy(host => (host.Static, host.Node)).ToList();
        if (Path is null)
        {
            EmitAll(hosts);
            return;
        }

        var file = new KnownHostsFile(GetUnresolvedProviderPathFromPSPath(Path));
        var changed = await file.LackingAsync(hosts, StopToken);
        if (changed.Count > 0)
        {
            if (!await ShouldProcessAsync(file.Path, $"Put {Plural.Of(changed.Count, "host key")} of static environments there"))
            {
                return;
            }

            await file.PutAsync(changed, StopToken);
        }

        EmitAll(hosts.Select(host => host with { Changed = changed.Contains(host) }));
    }
}
