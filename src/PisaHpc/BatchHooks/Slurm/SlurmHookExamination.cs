using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Preflight;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>Looks a Slurm's hooks over: the evidence first, and each check judges it without touching anything.</summary>
internal sealed class SlurmHookExamination
{
    private static readonly NodeScript Script = NodeScript.Of("BatchHooks/Slurm/slurm-node.sh");
    private static readonly TimeSpan UsualDeadline = TimeSpan.FromSeconds(80);

    private readonly HpcSite _site;
    private readonly SlurmHooks _hooks;
    private readonly IReadOnlyDictionary<string, string?> _lua;
    private readonly string? _siteDigest;
    private readonly string _version;

    private SlurmHookExamination(
        HpcSite site, SlurmHooks hooks, IReadOnlyDictionary<string, string?> lua, string? siteDigest, string version) =>
        (_site, _hooks, _lua, _siteDigest, _version) = (site, hooks, lua, siteDigest, version);

    /// <summary>The nodes that Slurm has.</summary>
    public IReadOnlyList<string> Nodes => _hooks.Nodes;

    /// <summary>Reads the controller.</summary>
    /// <param name="file">The file that slurmctld reads; null asks it.</param>
    /// <param name="siteDefinition">This machine's site definition; null where it cannot be read.</param>
    /// <param name="version">This module's version.</param>
    /// <exception cref="HpcException">As <see cref="SlurmHooks.ReadAsync"/> has it.</exception>
    public static async Task<SlurmHookExamination> BeginAsync(
        INodeConnection host, HpcSite site, string? file, byte[]? siteDefinition, string version, CancellationToken cancellationToken)
    {
        var hooks = await SlurmHooks.ReadAsync(host, file, cancellationToken);
        var lua = await new HostFiles(host).LookAsync([hooks.LuaFile, hooks.NamesFile], cancellationToken);
        return new SlurmHookExamination(site, hooks, lua, siteDefinition is null ? null : DigestOf(siteDefinition), version);
    }

    /// <summary>Checks the controller.</summary>
    /// <param name="names">Whether a check is meant, by name.</param>
    /// <param name="deadline">How long the prologs of its nodes may be at a start; null where no node said.</param>
    public IReadOnlyList<HpcNodeCheck> OfController(Func<string, bool> names, TimeSpan? deadline)
    {
        var evidence = new ControllerEvidence(_hooks, _site, deadline ?? UsualDeadline, _lua);
        return [.. SlurmHookChecks.OfController.Where(check => names(check.Name)).Select(check => Row(
            _hooks.Controller.Host, check.Name, check.Judge(evidence)))];
    }

    /// <summary>Checks a node.</summary>
    /// <param name="names">Whether a check is meant, by name.</param>
    /// <returns>The checks, and how long a prolog may be at a start there; null where the node does not say.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task<(IReadOnlyList<HpcNodeCheck> Checks, TimeSpan? Deadline)> OfNodeAsync(
        INodeConnection node, IEngineConnector engines, Func<string, bool> names, TimeProvider clock, CancellationToken cancellationToken)
    {
        var driver = CgroupDriverAsync(engines, node.Node, cancellationToken);
        var asked = clock.GetUtcNow();
        var said = await ScriptReply.AskAsync(
            node, Script, [HookPlace.Directory, _site.Path!, _site.RunDirectory, _hooks.Standing.Files[0].Path], cancellationToken);
        var answered = clock.GetUtcNow();
        TimeSpan? deadline =
            int.TryParse(said["deadline"], CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;
        var plan = SlurmConfPlan.Of(_hooks.Site, new SlurmConfRequest
        {
            Deadline = deadline ?? UsualDeadline,
            TakesSeveralScripts = _hooks.Controller.TakesSeveralScripts,
        });
        IReadOnlyList<HookFile> wanted = [.. HookFiles.OfNodes(_site, deadline ?? UsualDeadline), .. plan.Scripts];
        var standing = await new HostFiles(node).LookAsync([.. wanted.Select(file => file.Path)], cancellationToken);
        var evidence = new HookNodeEvidence
        {
            Node = node.Node,
            Site = _site,
            Different = [.. wanted.Select(file => (file, standing[file.Path])).Where(pair => pair.Item2 != pair.file.Standing)],
            Facts = said.All,
            SiteDigest = _siteDigest,
            ConfigurationDigest = DigestOf(Encoding.Latin1.GetBytes(_hooks.Standing.Files[0].Text)),
            Version = _version,
            ClockSkewSec = PreflightFacts.SkewOf(
                DateTimeOffset.FromUnixTimeSeconds(long.Parse(said["now"]!, CultureInfo.InvariantCulture)), asked, answered),
            CgroupDriver = await driver,
        };
        var meant = SlurmHookChecks.OfNode.Where(check => names(check.Name));
        return ([.. meant.Select(check => Row(node.Node, check.Name, check.Judge(evidence)))], deadline);
    }

    private static async Task<string?> CgroupDriverAsync(IEngineConnector engines, string node, CancellationToken cancellationToken)
    {
        try
        {
            return await TimedEngineRequest.AskAsync(
                engines, node, async (engine, stopping) => (await engine.DescribeAsync(stopping)).CgroupDriver, TimedEngineRequest.Limit,
                cancellationToken);
        }
        catch (HpcException)
        {
            // The check says that it does not answer.
            return null;
        }
    }

    private static HpcNodeCheck Row(string node, string check, CheckFinding finding) => new()
    {
        Node = node,
        Check = check,
        Result = finding.Result.ToString(),
        Evidence = finding.Evidence,
        Remedy = finding.Remedy,
    };

    private static string DigestOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
