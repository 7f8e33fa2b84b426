using System.Runtime.CompilerServices;
using PisaHpc.Adapters;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Images;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes users: those who hold ports, and the accounts of this machine's own file that people have.</summary>
internal sealed class AccountCompleter : SiteCompleter
{
    /// <summary>The first uid of a person, and nobody's (login.defs(5), UID_MIN; nfs(5)).</summary>
    private const int FirstPerson = 1000, Nobody = 65534;

    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken)
    {
        var leases = site.PortArea is { } area ? PortArea.Of(area, _ => { }).List() : [];
        var owners = leases.Select(lease => new CompletionCandidate(lease.Owner, $"owner of job {lease.JobId}"));
        return owners.Concat(Accounts()).DistinctBy(candidate => candidate.Text).ToAsyncEnumerable();
    }

    /// <summary>Of passwd(5), since a name service with all of a site's users takes longer than a person waits.</summary>
    private static IEnumerable<CompletionCandidate> Accounts() =>
        from entry in File.Exists("/etc/passwd") ? File.ReadLines("/etc/passwd") : []
        let fields = entry.Split(':')
        where fields.Length >= 6 && int.TryParse(fields[2], out var uid) && (uid == 0 || (uid >= FirstPerson && uid != Nobody))
        select new CompletionCandidate(fields[0], $"uid {fields[2]}, home {fields[5]}");
}

/// <summary>Completes registries: the site's own, and those that the names of its images begin with.</summary>
internal sealed class RegistryCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken)
    {
        var own = site.Registry is { } registry ? [new CompletionCandidate(registry, "the site's registry")] : (CompletionCandidate[])[];
        var others = from image in WantedImages.Of(site, site.Environments.Keys)
                     let host = ImageReference.Parse(image.Name).Registry
                     where host is not null
                     select new CompletionCandidate(host, $"registry of {image.Name}");
        return own.Concat(others).DistinctBy(candidate => candidate.Text).ToAsyncEnumerable();
    }
}

/// <summary>Completes the networks that MPI uses in the site's environments.</summary>
internal sealed class MpiNetworkCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken) =>
        site.Environments.Keys
            .Select(name => EnvironmentResolver.Resolve(site, name, null, EnvironmentLayer.Empty))
            .Where(environment => environment.MpiNetwork is not null)
            .GroupBy(environment => environment.MpiNetwork!)
            .Select(same => new CompletionCandidate(
                same.Key, $"network of {string.Join(", ", same.Select(environment => environment.Name))}"))
            .ToAsyncEnumerable();
}

/// <summary>Completes the adapters of the first node on the line that answers; of this machine where none is named.</summary>
internal sealed class IbDeviceCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override string KeyOf(CompletionLine line) => RootOf(line);

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var devices = line.Nodes.Count == 0
            ? await IbDeviceProbe.RunAsync(
                await NodeConnectors.ThisMachineAsync(cancellationToken), Environment.MachineName, RootOf(line), cancellationToken)
            : await FirstAnswer.OfAsync(
                NodesNamed(site, line),
                async (node, stopping) =>
                {
                    var connection = await NodeConnectors.For(site.Nodes).ConnectAsync(node, stopping);
                    return await IbDeviceProbe.RunAsync(connection, node, RootOf(line), stopping);
                },
                cancellationToken);
        foreach (var device in (devices ?? []).DistinctBy(device => device.Name))
        {
            yield return new CompletionCandidate(device.Name, $"{device.LinkLayer} {device.State} on {device.Node}");
        }
    }

    private static string RootOf(CompletionLine line) => line.Bound["Root"]?.ToString() is { Length: > 0 } root ? root : "/";
}

/// <summary>
/// Completes what can be mounted: what environments mount, and the directories of whichever of the site's nodes answers first, level by
/// level.
/// </summary>
internal sealed class MountCompleter : SiteCompleter
{
    /// <summary>How a site's nodes are reached.</summary>
    internal Func<NodeAccess, INodeConnector> NodesOf { get; init; } = NodeConnectors.For;

    /// <inheritdoc/>
    protected override string KeyOf(CompletionLine line) => DirectoryOf(line.Word);

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mounts = from name in site.Environments.Keys
                     let environment = EnvironmentResolver.Resolve(site, name, null, EnvironmentLayer.Empty)
                     from mount in environment.Mounts
                     group environment.Name by mount.ToString();
        foreach (var mount in mounts)
        {
            yield return new CompletionCandidate(mount.Key, $"mount of {string.Join(", ", mount.Distinct())}");
        }

        var found = line.Word is not ['/', ..] ? null : await FirstAnswer.OfAsync(
            HostList.Expand(site.Nodes.Names),
            (node, stopping) => ListAsync(site, node, DirectoryOf(line.Word), stopping),
            cancellationToken);
        foreach (var candidate in found ?? [])
        {
            yield return candidate;
        }
    }

    private async Task<IReadOnlyList<CompletionCandidate>?> ListAsync(
        HpcSite site, string node, string directory, CancellationToken cancellationToken)
    {
        var connection = await NodesOf(site.Nodes).ConnectAsync(node, cancellationToken);
        var found = await connection.RunAsync(
            ["find", directory, "-mindepth", "1", "-maxdepth", "1", "-type", "d"], ReadOnlyMemory<byte>.Empty, cancellationToken);
        return
        [
            .. from path in found.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)
               select new CompletionCandidate(path, $"directory of {node}"),
        ];
    }

    /// <summary>The directory whose entries a path begins with; / is one.</summary>
    internal static string DirectoryOf(string path) => path.LastIndexOf('/') is > 0 and var end ? path[..end] : "/";
}

/// <summary>Completes the capabilities that a container can have.</summary>
internal sealed class CapabilityCompleter() : KnownValueCompleter(SiteShapes.KnownCapabilities.Select(
    name => new CompletionCandidate(name, name == "ALL" ? "every capability there is" : $"CAP_{name}, see capabilities(7)")));

/// <summary>Completes options of the launchers that their users know from batch scripts.</summary>
internal sealed class LauncherOptionCompleter() : KnownValueCompleter(Options)
{
    /// <summary>
    /// Of mpirun(1) of Open MPI and mpiexec.hydra of MPICH and Intel MPI: those that place and bind ranks, and say what they do.
    /// </summary>
    private static readonly CompletionCandidate[] Options =
    [
        new("--bind-to", "Open MPI: core, socket, numa or none"),
        new("--map-by", "Open MPI: core, socket, numa, node, ppr:N:node"),
        new("--rank-by", "Open MPI: slot, node, core"),
        new("--report-bindings", "Open MPI: says where each rank is bound"),
        new("--display-map", "Open MPI: says where each rank runs"),
        new("--mca", "Open MPI: a parameter and its value"),
        new("--tag-output", "Open MPI: each line with its rank"),
        new("--timestamp-output", "Open MPI: each line with its time"),
        new("-bind-to", "MPICH, Intel MPI: core, socket, numa or none"),
        new("-map-by", "MPICH, Intel MPI: core, socket, numa"),
        new("-genv", "MPICH, Intel MPI: a variable and its value for all ranks"),
        new("-prepend-rank", "MPICH, Intel MPI: each line with its rank"),
        new("-print-rank-map", "Intel MPI: says where each rank runs"),
        new("-verbose", "MPICH, Intel MPI: says what the launcher does"),
    ];
}
