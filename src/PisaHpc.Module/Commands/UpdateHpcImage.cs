using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Brings nodes to the images that the site wants: each name is resolved to a digest once, and the nodes that lack it pull it by that
/// digest, a few at a time.
/// </summary>
[Cmdlet(VerbsData.Update, "HpcImage", SupportsShouldProcess = true, DefaultParameterSetName = ByNode)]
[OutputType(typeof(HpcImageUpdate))]
public sealed class UpdateHpcImageCommand : NodeCmdlet, IBackgroundCmdlet
{
    private const string ByNode = "Node";
    private const string Again = "Retry";

    /// <summary>Asking nodes what they hold costs the registry nothing.</summary>
    private const int SurveyLimit = 32;

    private readonly ImageUpdateRequests _orders = new();
    private readonly ConcurrentDictionary<string, string> _failed = new(StringComparer.Ordinal);

    /// <summary>Makes the cmdlet; a registry serves fewer nodes at a time than an admin's machine can ask.</summary>
    public UpdateHpcImageCommand() => ThrottleLimit = 10;

    /// <summary>The nodes to update; the site's nodes when none is named.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByNode)]
    [SupportsWildcards]
    [NodeNames(Except = typeof(HpcImageUpdate))]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>
    /// The environments whose images are wanted; wildcards are allowed. Every environment when neither this nor -Image is given.
    /// </summary>
    [Parameter(Position = 1, ParameterSetName = ByNode)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public string[] Environment { get; set; } = [];

    /// <summary>Images by name, with the site's registry in front of those that name none.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByNode)]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Image { get; set; } = [];

    /// <summary>
    /// Results of an earlier update: those that failed are tried again, at the digest that was resolved then, so that all nodes end with
    /// the same image.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = Again)]
    public HpcImageUpdate[] Retry { get; set; } = [];

    /// <summary>How often a node tries again after an attempt that failed for a reason that may pass.</summary>
    [Parameter]
    [ValidateRange(0, 100)]
    public int MaximumRetryCount { get; set; } = 3;

    /// <summary>
    /// The longest wait before the second attempt, in seconds; it doubles with each one, and a random part of it is waited.
    /// </summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int RetryIntervalSec { get; set; } = 2;

    /// <summary>Where the nodes get an image from: each from the registry, or from each other.</summary>
    [Parameter]
    public ImageDistribution Distribution { get; set; } = ImageDistribution.Registry;

    /// <summary>With -WhatIf: emits what each node would do.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Goes on in the background: writes a job of the session, with a child for each node that is known before.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Writes the results of each node as soon as they are there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    IEnumerable<string> IBackgroundCmdlet.NodesBound() =>
        ParameterSetName == Again ? Retry.Select(result => result.Node) : NodesOrSite(Node);

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        if (ParameterSetName == Again)
        {
            foreach (var result in Retry.Where(result => result.State == nameof(ImageUpdateState.Failed)))
            {
                _orders.Add(result);
            }
        }
        else
        {
            var wanted = Wanted();
            foreach (var node in NodesOrSite(Node))
            {
                _orders.Add(node, wanted);
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var digests = new DigestResolver(_orders.Images, (image, failure) => Report(failure, image.Name));
        _orders.Settle(digests);
        var steps = await PlanAsync(digests);
        var todo = new List<ImageUpdateStep>();
        foreach (var step in steps)
        {
            if (step.Need == ImageNeed.None)
            {
                Emit(step.Result(ImageUpdateState.Current));
            }
            else if (await ShouldProcessAsync($"{step.Node}: {step.Image.Name}", step.Action))
            {
                todo.Add(step);
            }
            else if (PassThru)
            {
                Emit(step.Result(ImageUpdateState.Pending));
            }
        }

        if (todo.Count > 0)
        {
            await PullAsync(todo, Distribution == ImageDistribution.Peers ? PeersOf(steps) : null);
        }

        if (!_failed.IsEmpty)
        {
            Warn(
                $"Not updated: {HostList.Fold(_failed.Keys.Order(StringComparer.Ordinal))}. Each of these nodes has the image that it had "
                + "before. Try them alone, by their results: $results | Update-HpcImage");
        }
    }

    private IReadOnlyList<WantedImage> Wanted()
    {
        var all = Environment.Length + Image.Length == 0;
        string[] patterns = all ? ["*"] : Environment;
        var ofEnvironments = WantedImages.Of(
            all ? RequiredSite : SiteDefinition, patterns.SelectMany(EnvironmentsOf).Distinct(StringComparer.OrdinalIgnoreCase));
        return [.. ofEnvironments.Concat(Image.Select(name => WantedImages.Named(SiteDefinition, name))).DistinctBy(image => image.Name)];
    }

    /// <summary>Finds out what each node needs. Nothing is changed.</summary>
    private async Task<IReadOnlyList<ImageUpdateStep>> PlanAsync(DigestResolver digests)
    {
        var held = new ConcurrentDictionary<string, IReadOnlyList<StoredImage>>();
        var unreached = new ConcurrentQueue<NodeFailure>();
        var asked = Cluster with { Throttle = Math.Max(ThrottleLimit, SurveyLimit), Failed = unreached.Enqueue };
        using (FollowNodes("Looking for images", _orders.Nodes.Count, Phase.Survey))
        {
            await ImageSurvey.ReadAsync(asked, _orders.Nodes, digests, (node, images) => held[node] = images, StopToken);
        }

        foreach (var failure in unreached)
        {
            // Only now are the digests settled, and the nodes can be tried again at the very ones.
            var images = _orders.Of(failure.Node);
            Fail(images.Select(image => ImageUpdateRequests.Unreached(failure.Node, image, digests.Find(image))), failure);
        }

        return
        [
            .. from node in _orders.Nodes
               where held.ContainsKey(node)
               from image in _orders.Of(node)
               where digests.Find(image) is not null
               select ImageUpdateStep.For(node, held[node], image, digests.Find(image)!)
        ];
    }

    /// <summary>The nodes that hold an image already are the first givers.</summary>
    private PeerTransfer PeersOf(IReadOnlyList<ImageUpdateStep> steps)
    {
        var supply = new PeerScheduler();
        foreach (var image in steps.GroupBy(step => step.Digest))
        {
            supply.Open(image.Key, [.. image.Where(step => step.Need != ImageNeed.Pull).Select(step => step.Node).Distinct()]);
        }

        return new PeerTransfer(Cluster, SiteDefinition.Nodes, supply);
    }

    private async Task PullAsync(IReadOnlyList<ImageUpdateStep> steps, PeerTransfer? peers)
    {
        var byNode = steps.GroupBy(step => step.Node)
            .ToDictionary(group => group.Key, group => new ConcurrentQueue<ImageUpdateStep>(group));
        var names = string.Join(", ", steps.Select(step => step.Image.Name).Distinct());
        using var bars = FollowNodes($"Update {names}", byNode.Count, Phase.UpdateNode);
        var retry = new RetryPolicy(MaximumRetryCount, TimeSpan.FromSeconds(RetryIntervalSec));
        var puller = new ImagePuller(Cluster.Engines, retry, bars, peers);
        await (Cluster with { Failed = FailNode }).OnEachAsync(
            byNode.Keys,
            async (node, stopping) =>
            {
                while (byNode[node].TryPeek(out var step))
                {
                    Finish(await puller.RunAsync(step, stopping));
                    byNode[node].TryDequeue(out _);
                }
            },
            StopToken,
            ErrorId.ImagePullFailed,
            Phase.UpdateNode);

        void FailNode(NodeFailure failure) =>
            Fail(byNode[failure.Node].Select(step => step.Result(ImageUpdateState.Failed)), failure);
    }

    private void Finish((HpcImageUpdate Result, HpcException? Failure) outcome)
    {
        if (outcome.Failure is null)
        {
            Emit(outcome.Result);
        }
        else
        {
            Fail([outcome.Result], new NodeFailure(outcome.Result.Node, outcome.Failure));
        }
    }

    /// <summary>A node that failed is one error record, and a result for each of its images that can be given back to -Retry.</summary>
    private void Fail(IEnumerable<HpcImageUpdate> results, NodeFailure failure)
    {
        _failed[failure.Node] = failure.Node;
        EmitAll(results.Select(result => result with { Reason = failure.Message }));
        ReportNode(failure);
    }
}
