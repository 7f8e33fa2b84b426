using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Preflight;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>Looks a Slurm's hooks over: the evidence first, and each check judges it without touching anything.</summary>
internal sealed class SlurmHookExamination : IHookExamination
{
    private static readonly TimeSpan UsualDeadline = TimeSpan.FromSeconds(80);

    private readonly HpcSite _site;
    private readonly SlurmHooks _hooks;
    private readonly IReadOnlyDictionary<string, string?> _lua;
    private readonly string? _siteDigest;
    private readonly string _version;

    private SlurmHookExamination(
        HpcSite site, SlurmHooks hooks, IReadOnlyDictionary<string, string?> lua, string? siteDigest, string version) =>
        (_site, _hooks, _lua, _siteDigest, _version) = (site, hooks, lua, siteDigest, version);

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public IReadOnlyList<HpcNodeCheck> OfController(Func<string, bool> names, TimeSpan? deadline) => HookCheck<ControllerEvidence>.Run(
        SlurmHookChecks.OfController,
        _hooks.Controller.Host,
        names,
        new ControllerEvidence(_hooks, _site, deadline ?? UsualDeadline, _lua));

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<HpcNodeCheck> Checks, TimeSpan? Deadline)> OfNodeAsync(
        INodeConnection node, IEngineConnector engines, Func<string, bool> names, TimeProvider clock, CancellationToken cancellationToken)
    {
        var asked = new HookNodeEvidence
        {
            Node = node.Node,
            Site = _site,
            System = "slurm",
            SiteDigest = _siteDigest,
            ConfigurationDigest = DigestOf(Encoding.Latin1.GetBytes(_hooks.Standing.Files[0].Text)),
            Version = _version,
        };
        var evidence = await HookNodeEvidence.ReadAsync(
            node, engines, asked, _hooks.Standing.Files[0].Path, FilesFor, clock, cancellationToken);
        return (HookCheck<HookNodeEvidence>.Run(SlurmHookChecks.OfNode, node.Node, names, evidence), evidence.Deadline);
    }

    private IReadOnlyList<HookFile> FilesFor(TimeSpan? deadline)
    {
        var plan = SlurmConfPlan.Of(_hooks.Site, new SlurmConfRequest
        {
            Deadline = deadline ?? UsualDeadline,
            TakesSeveralScripts = _hooks.Controller.TakesSeveralScripts,
        });
        return [.. HookFiles.OfNodes(_site, deadline ?? UsualDeadline), .. plan.Scripts];
    }

    private static string DigestOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
