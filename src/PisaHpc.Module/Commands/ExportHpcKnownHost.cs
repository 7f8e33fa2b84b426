using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Environments;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Reads the host keys of static environments from their nodes, as lines for known_hosts and ssh_config.</summary>
[Cmdlet(VerbsData.Export, "HpcKnownHost", SupportsShouldProcess = true)]
[OutputType(typeof(HpcKnownHost))]
public sealed class ExportHpcKnownHostCommand : StaticCmdlet
{
    private readonly ConcurrentBag<HpcKnownHost> _found = [];

    /// <summary>A known_hosts file that gets the lines; what else stands in it stays.</summary>
    [Parameter]
    public string? Path { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var declared = Declared(failure => Report(failure));
        var places = declared.Keys.Index().ToDictionary(node => node.Item, node => node.Index);
        var meant = from node in declared from definition in node.Value select (Definition: definition, Node: node.Key);
        await OnEachAsync(
            "Reading host keys",
            Phase.Survey,
            meant,
            item => item.Node,
            (item, stopping) => OrReportAsync(item.Node, async () =>
                _found.Add(await HpcKnownHost.ReadAsync(Cluster, RequiredSite, item.Definition, item.Node, stopping))));
        var hosts = _found.OrderBy(host => host.Static, StringComparer.Ordinal).ThenBy(host => places[host.Node]).ToList();
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
