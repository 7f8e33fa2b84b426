using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Posix;
using PisaHpc.Sites;

namespace PisaHpc.Module.Commands;

/// <summary>Writes a first site definition, and the nodes' host keys beside it when somebody has looked at them.</summary>
[Cmdlet(VerbsCommon.New, "HpcSite", SupportsShouldProcess = true)]
[OutputType(typeof(HpcNewSite))]
public sealed class NewHpcSiteCommand : AsyncCmdlet
{
    private const string Remedy = "Name a file with -Path in a directory that you may write in.";

    private readonly ConcurrentDictionary<string, HostKey> _new = new(StringComparer.Ordinal);
    private int _known;

    /// <summary>The nodes.</summary>
    [Parameter(Mandatory = true, Position = 0, HelpMessage = "The nodes, as names or a host list: o2wn[01-16]")]
    [NodeNames]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>The registry from which nodes get images.</summary>
    [Parameter(Mandatory = true, HelpMessage = "The registry, with its port: registry.cluster:5000")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    public string Registry { get; set; } = "";

    /// <summary>An environment for each: an image, or the environment's name, = and the image.</summary>
    [Parameter(Mandatory = true, HelpMessage = "An environment for each image: debian12=pisa/hpc:deb12")]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Image { get; set; } = [];

    /// <summary>The directory of the ports, which all nodes share.</summary>
    [Parameter(Mandatory = true, HelpMessage = "A directory that all nodes share, for the ports of jobs: /gpfs/pisahpc/ports")]
    [ValidateNotNullOrEmpty]
    public string PortArea { get; set; } = "";

    /// <summary>The first port that a job can get.</summary>
    [Parameter]
    [ValidateRange(1024, 65535)]
    public int FirstPort { get; set; } = 22000;

    /// <summary>The last port that a job can get.</summary>
    [Parameter]
    [ValidateRange(1024, 65535)]
    public int LastPort { get; set; } = 22999;

    /// <summary>Directories and files of the nodes that every container sees.</summary>
    [Parameter]
    public string[] Mount { get; set; } = ["/etc/resolv.conf"];

    /// <summary>Who logs in to the nodes.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(AccountCompleter))]
    public string User { get; set; } = "root";

    /// <summary>The port of the nodes' sshd.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int SshPort { get; set; } = 22;

    /// <summary>His private keys; those of his home directory when none is named.</summary>
    [Parameter]
    public string[] KeyFile { get; set; } = [];

    /// <summary>The definition's file; else $PISAHPC_SITE, else /etc/pisahpc/site.yaml.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Takes the host keys that the nodes show, without a question.</summary>
    [Parameter]
    public SwitchParameter AcceptHostKey { get; set; }

    /// <summary>Writes over a definition that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>With -WhatIf, writes the object as it would be.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>How many nodes are asked at a time.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int ThrottleLimit { get; set; } = 32;

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var named = Path is null ? Environment.GetEnvironmentVariable("PISAHPC_SITE") : GetUnresolvedProviderPathFromPSPath(Path);
        var path = System.IO.Path.GetFullPath(named is { Length: > 0 } ? named : SiteLocation.Default);
        if (Array.Find(Node, node => node.AsSpan().ContainsAny('*', '?')) is { } pattern)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"{Quote.Of(pattern)} is a pattern of a site's nodes, and here the site is only made.", pattern,
                "Name the nodes, or give a host list: -Node 'o2wn[01-16]'.");
        }

        var text = Draft().ToYaml();
        var holds = WholeFile.Holds(path, text, Remedy);
        if (File.Exists(path) && !holds && !Force)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"The site definition {Quote.Name(path)} is there already, and says something else.", path,
                "Change that file, name another one with -Path, or write over it with -Force.");
        }

        var site = SiteReader.Read(path, text);
        var knownHosts = site.Nodes.KnownHosts[0];
        await AskKeysAsync(site.Nodes);
        var keys = Node.Where(_new.ContainsKey).Select(node => new HpcNodeKey(node, _new[node].Type, _new[node].Fingerprint)).ToList();
        var result = new HpcNewSite
        {
            Path = path,
            Text = text,
            KnownHosts = knownHosts,
            NewKeys = keys,
            Findings = FindingsOf(site),
            Changed = keys.Count > 0 || !holds,
        };
        var what = $"Write this definition, and {Plural.Of(keys.Count, "host key")} to {knownHosts}:\n{Shown(keys)}\n{text}";
        if (!await ShouldProcessAsync(path, what))
        {
            Tell(result, emits: PassThru);
            return;
        }

        await RequireTrustAsync(keys);
        Write(path, text, knownHosts);
        Tell(result with { Findings = FindingsOf(site) }, emits: true);
    }

    /// <summary>That the file of host keys is not there is no news before it is written.</summary>
    private static List<SiteFinding> FindingsOf(HpcSite site) =>
    [
        .. SiteAudit.Examine(site, EphemeralPorts.Read())
            .Where(finding => File.Exists(site.Nodes.KnownHosts[0])
                || !finding.Message.Contains(site.Nodes.KnownHosts[0], StringComparison.Ordinal)),
    ];

    private SiteDraft Draft() => new()
    {
        Nodes = Node,
        Registry = Registry,
        PortArea = PortArea,
        FirstPort = FirstPort,
        LastPort = LastPort,
        Environments = [.. Image.Select(SiteDraft.EnvironmentOf)],
        User = User,
        SshPort = SshPort,
        Keys = [.. KeyFile.Select(GetUnresolvedProviderPathFromPSPath)],
        KnownHosts = "known_hosts",
        Mounts = Mount,
    };

    /// <summary>A node that does not answer is an error beside the others: its key can come later, and the others need not wait.</summary>
    private async Task AskKeysAsync(NodeAccess access)
    {
        var known = KnownHosts.Read(access.KnownHosts);
        await FanOut.RunAsync(
            Node, ThrottleLimit, Cluster.ShortWork, AskAsync, ReportNode, StopToken, inOrder: true);
        if (_new.IsEmpty && _known == 0)
        {
            throw new HpcException(
                ErrorId.NodeUnreachable, "None of the nodes showed a host key that can be trusted, so that nothing was written.", null,
                "See the errors of the nodes: a name that is not known, an sshd that does not run, a key that changed.");
        }

        async Task AskAsync(string node, CancellationToken stopping)
        {
            var key = await HostKeyProbe.ReadAsync(node, access, stopping);
            var verdict = known.Find(node, access.Port, key);
            if (verdict.Status == HostKeyStatus.Known)
            {
                Interlocked.Increment(ref _known);
            }
            else if (verdict.Status == HostKeyStatus.Unknown)
            {
                _new[node] = key;
            }
            else
            {
                throw HostKeyFailure.Of(node, access.Port, key, verdict, known);
            }
        }
    }

    /// <summary>Nothing tells that a key is the node's own but whoever compares it.</summary>
    private async Task RequireTrustAsync(List<HpcNodeKey> keys)
    {
        if (keys.Count == 0 || AcceptHostKey)
        {
            return;
        }

        var question = $"{Shown(keys)}Are these the nodes' own keys? On each: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub";
        if (await ShouldContinueAsync(question, $"{Plural.Of(keys.Count, "host key")} that nobody has looked at") != true)
        {
            throw new HpcException(
                ErrorId.HostKeyUnknown,
                $"Nothing was written, since nobody said that these host keys are the nodes' own:\n{Shown(keys).TrimEnd('\n')}",
                keys[0].Node,
                "Compare them with those of ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the nodes, and say -AcceptHostKey.");
        }
    }

    /// <summary>Host keys go first: a definition without them would reach no node.</summary>
    private void Write(string path, string text, string knownHosts)
    {
        var lines = Node.Where(_new.ContainsKey).Select(node => $"{KnownHostNames.NameOf(node, SshPort)} {LineOf(_new[node])}\n");
        WholeFile.CreateDirectoryOf(path, Remedy);
        WholeFile.Append(knownHosts, string.Concat(lines), Remedy);
        WholeFile.Write(path, text, Remedy);
    }

    private void Tell(HpcNewSite result, bool emits)
    {
        foreach (var finding in result.Findings)
        {
            Warn($"{finding.Message}. {finding.Remedy}");
        }

        if (emits)
        {
            Emit(result);
        }
    }

    private static string LineOf(HostKey key) => $"{key.Type} {Convert.ToBase64String(key.Blob.Span)}";

    private static string Shown(IEnumerable<HpcNodeKey> keys) => string.Concat(keys.Select(key => $"{key}\n"));
}
