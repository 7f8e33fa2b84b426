using System.Security.Cryptography;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Preflight;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>Looks an LSF's hooks over: the evidence first, and each check judges it without touching anything.</summary>
internal sealed class LsfHookExamination : IHookExamination
{
    private readonly LsfHookRequest _request;
    private readonly LsfHooks _hooks;
    private readonly IReadOnlyDictionary<string, string?> _server;
    private readonly string? _siteDigest;
    private readonly string _version;

    private LsfHookExamination(
        LsfHookRequest request, LsfHooks hooks, IReadOnlyDictionary<string, string?> server, string? siteDigest, string version) =>
        (_request, _hooks, _server, _siteDigest, _version) = (request, hooks, server, siteDigest, version);

    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => _hooks.Nodes;

    /// <summary>Reads a management host.</summary>
    /// <param name="siteDefinition">This machine's site definition; null where it cannot be read.</param>
    /// <param name="version">This module's version.</param>
    /// <exception cref="HpcException">As <see cref="LsfHooks.ReadAsync"/> has it.</exception>
    public static async Task<LsfHookExamination> BeginAsync(
        INodeConnection host, LsfHookRequest request, byte[]? siteDefinition, string version, CancellationToken cancellationToken)
    {
        var hooks = await LsfHooks.ReadAsync(host, request, cancellationToken);
        var server = await new HostFiles(host).LookAsync([hooks.Esub.Path, hooks.Words.Path], cancellationToken);
        var digest = siteDefinition is null ? null : Convert.ToHexStringLower(SHA256.HashData(siteDefinition));
        return new LsfHookExamination(request, hooks, server, digest, version);
    }

    /// <inheritdoc/>
    public IReadOnlyList<HpcNodeCheck> OfController(Func<string, bool> names, TimeSpan? deadline) => HookCheck<LsfEvidence>.Run(
        LsfHookChecks.OfController, _hooks.Controller.Host, names, new LsfEvidence(_hooks, deadline ?? _request.Deadline, _server));

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<HpcNodeCheck> Checks, TimeSpan? Deadline)> OfNodeAsync(
        INodeConnection node, IEngineConnector engines, Func<string, bool> names, TimeProvider clock, CancellationToken cancellationToken)
    {
        var asked = new HookNodeEvidence
        {
            Node = node.Node,
            Site = _request.Site,
            System = LsfHooks.System,
            SiteDigest = _siteDigest,
            Version = _version,
        };
        var common = await HookNodeEvidence.ReadAsync(
            node, engines, asked, configuration: null, deadline => LsfHooks.OfNodes(_request.Site, deadline ?? _request.Deadline), clock,
            cancellationToken);
        var evidence = new LsfNodeEvidence(common, await LsfSudoers.ReadAsync(node, cancellationToken));
        return (HookCheck<LsfNodeEvidence>.Run(LsfHookChecks.OfNode, node.Node, names, evidence), common.Deadline);
    }
}
