using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Lists the images that nodes hold, by digest, and says of each whether it is the one that the site wants; one that a node lacks is
/// listed as missing.
/// </summary>
[Cmdlet(VerbsCommon.Get, "HpcImage")]
[OutputType(typeof(HpcImage), typeof(HpcImageGroup))]
public sealed class GetHpcImageCommand : NodeListCmdlet
{
    private readonly ConcurrentQueue<HpcImage> _found = new();

    /// <summary>Only images of these names; wildcards are allowed. A name without any that no node has is an error.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only the images that these environments want; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public string[]? Environment { get; set; }

    /// <summary>Writes one object for the nodes that hold the same image under a name, when all have answered.</summary>
    [Parameter]
    public SwitchParameter Fold { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        RefuseBeside(nameof(Unordered), nameof(Fold));
        if (NodesMeant() is not { Count: > 0 } nodes)
        {
            return;
        }

        var environments = (Environment ?? ["*"]).SelectMany(EnvironmentsOf).Distinct(StringComparer.OrdinalIgnoreCase);
        var wanted = WantedImages.Of(SiteDefinition, environments).Where(image => IsMeant(image.Name)).ToList();
        var digests = new DigestResolver(wanted, (image, failure) => Report(failure, image.Name));
        using (FollowNodes("Looking for images", nodes.Count, Phase.Survey))
        {
            await ImageSurvey.ReadAsync(Cluster, nodes, digests, Answer, StopToken);
        }

        if (Fold)
        {
            EmitAll(HpcImageGroup.Of(InOrder(_found, image => image.Node)));
        }

        var names = Name.Where(name => !WildcardPattern.ContainsWildcardCharacters(name));
        foreach (var name in names.Except(_found.Select(image => image.Name), StringComparer.OrdinalIgnoreCase))
        {
            Report(new HpcException(
                ErrorId.ImageNotFound,
                $"No node that was asked holds an image {Quote.Of(name)}{(Environment is null ? "" : " that these environments want")}.",
                name,
                "List what the nodes hold: Get-HpcImage."));
        }

        void Answer(string node, IReadOnlyList<StoredImage> images)
        {
            var others = Environment is null ? NodeImages.Other(node, images, wanted) : [];
            List<HpcImage> meant = [.. NodeImages.Wanted(node, images, digests), .. others.Where(image => IsMeant(image.Name))];
            meant.ForEach(_found.Enqueue);
            if (!Fold)
            {
                EmitAll(meant);
            }
        }
    }

    private bool IsMeant(string name) => Name.Any(pattern => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(name));
}
