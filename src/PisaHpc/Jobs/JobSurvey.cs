using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Jobs;

/// <summary>What the nodes of a job look like before anything is changed.</summary>
/// <param name="Facts">The nodes' facts, by node.</param>
/// <param name="Images">What each node holds under the name of the environment's image; null where it holds nothing.</param>
/// <param name="Containers">The containers of the job that are there already, by node.</param>
/// <param name="Failures">The nodes that did not answer.</param>
internal sealed record JobSurvey(
    IReadOnlyDictionary<string, NodeFacts> Facts,
    IReadOnlyDictionary<string, StoredImage?> Images,
    IReadOnlyDictionary<string, IReadOnlyList<EngineContainer>> Containers,
    IReadOnlyList<NodeFailure> Failures)
{
    /// <summary>Asks every node of a job's allocation.</summary>
    /// <param name="progress">Told of each node.</param>
    public static async Task<JobSurvey> ReadAsync(
        INodeConnector nodes,
        IEngineConnector engines,
        JobRequest request,
        IProgress<JobStep> progress,
        CancellationToken cancellationToken)
    {
        var facts = new ConcurrentDictionary<string, NodeFacts>();
        var images = new ConcurrentDictionary<string, StoredImage?>();
        var containers = new ConcurrentDictionary<string, IReadOnlyList<EngineContainer>>();
        var failures = new ConcurrentQueue<NodeFailure>();
        var paths = request.Environment.NodePaths.ToArray();
        await FanOut.RunAsync(
            request.Allocation.Nodes.Select(node => node.Name),
            request.Throttle,
            FanOut.ForSurvey(request.Timeout),
            async (node, stopping) =>
            {
                progress.Report(new JobStep(node, "asking the node"));
                await using var connection = await nodes.ConnectAsync(node, stopping);
                facts[node] = await NodeProbe.ReadAsync(connection, paths, stopping);
                await using var engine = await engines.ConnectAsync(node, stopping);
                images[node] = await engine.Images.FindAsync(request.Environment.Image, stopping);
                containers[node] = await engine.ListAsync(ContainerLabels.Filter(request.Allocation.JobId), stopping);
            },
            (node, cause) => failures.Enqueue(new NodeFailure(node, cause)),
            cancellationToken);
        return new JobSurvey(facts, images, containers, [.. failures]);
    }
}
