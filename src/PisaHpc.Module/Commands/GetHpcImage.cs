using System.Management.Automation;
using PisaHpc.Base;
using PisaHpc.Completion;
using PisaHpc.Images;

namespace PisaHpc.Commands;

/// <summary>
/// Lists the images that nodes hold, by digest, and says of each whether it is the one that the site wants; one that a node lacks is
/// listed as missing.
/// </summary>
[Cmdlet(VerbsCommon.Get, "HpcImage")]
[OutputType(typeof(HpcImage))]
public sealed class GetHpcImageCommand : NodeCmdlet
{
    private readonly List<string> _nodes = [];

    /// <summary>The nodes to ask; the site's nodes when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Only images of these names; wildcards are allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only the images that these environments want; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public string[]? Environment { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _nodes.AddRange(Node);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_nodes.Count == 0 && MyInvocation.ExpectingInput)
        {
            return;
        }

        var environments = (Environment ?? ["*"]).SelectMany(EnvironmentsOf).Distinct(StringComparer.OrdinalIgnoreCase);
        var wanted = WantedImages.Of(SiteDefinition, environments).Where(image => IsMeant(image.Name)).ToList();
        var digests = new WantedDigests(wanted, (image, failure) => Report(failure, image.Name));
        await ImageSurvey.ReadAsync(
            Engines,
            NodesOrSite([.. _nodes.Distinct(StringComparer.Ordinal)]),
            digests,
            ThrottleLimit,
            NodeTimeout,
            Answer,
            ReportNode,
            StopToken);

        void Answer(string node, IReadOnlyList<StoredImage> images)
        {
            var others = Environment is null ? NodeImages.Other(node, images, wanted) : [];
            EmitAll([.. NodeImages.Wanted(node, images, digests), .. others.Where(image => IsMeant(image.Name))]);
        }
    }

    private bool IsMeant(string name) => Name.Any(pattern => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(name));
}
