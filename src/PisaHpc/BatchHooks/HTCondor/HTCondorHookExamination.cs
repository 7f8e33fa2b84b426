using System.Security.Cryptography;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Nodes;
using PisaHpc.Preflight;

namespace PisaHpc.BatchHooks.HTCondor;

/// <summary>Looks HTCondor's hooks over: the evidence first, and each check judges it without touching anything.</summary>
/// <param name="siteDefinition">This machine's site definition; null where it cannot be read.</param>
/// <param name="version">This module's version.</param>
internal sealed class HTCondorHookExamination(HTCondorHookRequest request, byte[]? siteDefinition, string version) : IHookExamination
{
    private readonly string? _siteDigest = siteDefinition is null ? null : Convert.ToHexStringLower(SHA256.HashData(siteDefinition));

    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => HostList.Expand(request.Site.Nodes.Names);

    /// <inheritdoc/>
    public IReadOnlyList<HpcNodeCheck> OfController(Func<string, bool> names, TimeSpan? deadline) => [];

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<HpcNodeCheck> Checks, TimeSpan? Deadline)> OfNodeAsync(
        INodeConnection node, IEngineConnector engines, Func<string, bool> names, TimeProvider clock, CancellationToken cancellationToken)
    {
        var condor = await HTCondorNode.ReadAsync(node, request.Programs, cancellationToken);
        var asked = new HookNodeEvidence
        {
            Node = node.Node,
            Site = request.Site,
            System = HTCondorHooks.System,
            SiteDigest = _siteDigest,
            Version = version,
        };
        var common = await HookNodeEvidence.ReadAsync(
            node, engines, asked, configuration: null,
            deadline => HTCondorHooks.OfNode(request.Site, deadline ?? request.Deadline, condor), clock, cancellationToken);
        var sudoers = (await new HostFiles(node).LookAsync([HTCondorSudoers.File], cancellationToken))[HTCondorSudoers.File];
        var evidence = new HTCondorNodeEvidence(common, condor, sudoers, common.Deadline ?? request.Deadline);
        return (HookCheck<HTCondorNodeEvidence>.Run(HTCondorHookChecks.OfNode, node.Node, names, evidence), common.Deadline);
    }
}
