using System.Runtime.CompilerServices;

namespace PisaHpc.Engines;

/// <summary>
/// The engines of nodes, each with a limit for every short request: one that hangs in the midst of a change would hold the node's lock, its
/// logins and its batch system's drain for as long as whoever asked lives.
/// </summary>
/// <param name="engines">The engines.</param>
/// <param name="limit">How long a short request may take; a stop has its grace on top.</param>
internal sealed class TimedEngines(IEngineConnector engines, TimeSpan limit) : IEngineConnector
{
    /// <inheritdoc/>
    public async Task<IContainerEngine> ConnectAsync(string node, CancellationToken cancellationToken) => new TimedEngine(
        await TimedEngineRequest.WithinAsync(node, limit, stopping => engines.ConnectAsync(node, stopping), cancellationToken), limit);
}

/// <summary>
/// An engine with a limit for every short request: <see cref="ErrorId.EngineTimeout"/>. What may take long has none: pulls, pushes,
/// imports, a log that is followed, events, and a command that runs.
/// </summary>
internal sealed class TimedEngine(IContainerEngine engine, TimeSpan limit) : IContainerEngine
{
    public string Node => engine.Node;

    public IEngineAdministration Administration => engine.Administration;

    public EngineInfo Info => engine.Info;

    public IImageStore Images { get; } = new TimedImages(engine.Node, engine.Images, limit);

    public IExecutions Executions { get; } = new TimedExecutions(engine.Node, engine.Executions, limit);

    public Task<EngineDetails> DescribeAsync(CancellationToken cancellationToken) => AskAsync(engine.DescribeAsync, cancellationToken);

    public Task<string> CreateAsync(ContainerSpec spec, CancellationToken cancellationToken) =>
        AskAsync(stopping => engine.CreateAsync(spec, stopping), cancellationToken);

    public Task StartAsync(string id, CancellationToken cancellationToken) =>
        DoAsync(stopping => engine.StartAsync(id, stopping), limit, cancellationToken);

    public Task<bool> StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken) => TimedEngineRequest.WithinAsync(
        Node, grace + limit, stopping => engine.StopAsync(id, grace, stopping), cancellationToken);

    public Task RestartAsync(string id, TimeSpan grace, CancellationToken cancellationToken) =>
        DoAsync(stopping => engine.RestartAsync(id, grace, stopping), grace + limit, cancellationToken);

    public Task UnpauseAsync(string id, CancellationToken cancellationToken) =>
        DoAsync(stopping => engine.UnpauseAsync(id, stopping), limit, cancellationToken);

    public Task RenameAsync(string id, string name, CancellationToken cancellationToken) =>
        DoAsync(stopping => engine.RenameAsync(id, name, stopping), limit, cancellationToken);

    public Task UpdateAsync(string id, LimitUpdate limits, CancellationToken cancellationToken) =>
        DoAsync(stopping => engine.UpdateAsync(id, limits, stopping), limit, cancellationToken);

    public Task<ContainerUsage?> MeasureAsync(string id, CancellationToken cancellationToken) =>
        AskAsync(stopping => engine.MeasureAsync(id, stopping), cancellationToken);

    public Task<IAttachment> AttachAsync(string id, CancellationToken cancellationToken) =>
        AskAsync(stopping => engine.AttachAsync(id, stopping), cancellationToken);

    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) =>
        AskAsync(stopping => engine.RemoveAsync(id, stopping), cancellationToken);

    public Task<EngineContainer?> FindAsync(string id, CancellationToken cancellationToken) =>
        AskAsync(stopping => engine.FindAsync(id, stopping), cancellationToken);

    public Task<ContainerSpec?> SpecificationAsync(string id, CancellationToken cancellationToken) =>
        AskAsync(stopping => engine.SpecificationAsync(id, stopping), cancellationToken);

    public Task<ContainerInspection?> InspectAsync(string id, CancellationToken cancellationToken) =>
        AskAsync(stopping => engine.InspectAsync(id, stopping), cancellationToken);

    public Task<IReadOnlyList<EngineContainer>> ListAsync(
        IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken) =>
        AskAsync(stopping => engine.ListAsync(labels, stopping), cancellationToken);

    public IAsyncEnumerable<EngineLogLine> ReadLogAsync(string id, LogPart part, CancellationToken cancellationToken) => part.Follow
        ? engine.ReadLogAsync(id, part, cancellationToken)
        : ReadWithinAsync(id, part, cancellationToken);

    public IAsyncEnumerable<ContainerEvent> ReadEventsAsync(
        DateTimeOffset? since, IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken) =>
        engine.ReadEventsAsync(since, labels, cancellationToken);

    private async IAsyncEnumerable<EngineLogLine> ReadWithinAsync(
        string id, LogPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stopping.CancelAfter(limit);
        await using var lines = engine.ReadLogAsync(id, part, stopping.Token).GetAsyncEnumerator(CancellationToken.None);
        while (await NextAsync())
        {
            yield return lines.Current;
        }

        async Task<bool> NextAsync()
        {
            try
            {
                return await lines.MoveNextAsync();
            }
            catch (OperationCanceledException late) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw TimedEngineRequest.Late(Node, limit, late);
            }
        }
    }

    private Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken) =>
        TimedEngineRequest.WithinAsync(Node, limit, request, cancellationToken);

    private Task DoAsync(Func<CancellationToken, Task> request, TimeSpan within, CancellationToken cancellationToken) =>
        TimedEngineRequest.WithinAsync(Node, within, request, cancellationToken);
}

/// <summary>A node's images, with a limit for what moves none of them.</summary>
internal sealed class TimedImages(string node, IImageStore images, TimeSpan limit) : IImageStore
{
    public Task<IReadOnlyList<StoredImage>> ListAsync(CancellationToken cancellationToken) =>
        TimedEngineRequest.WithinAsync(node, limit, images.ListAsync, cancellationToken);

    public Task<StoredImage?> FindAsync(string reference, CancellationToken cancellationToken) =>
        TimedEngineRequest.WithinAsync(node, limit, stopping => images.FindAsync(reference, stopping), cancellationToken);

    public Task<string> ResolveAsync(string reference, CancellationToken cancellationToken) =>
        TimedEngineRequest.WithinAsync(node, limit, stopping => images.ResolveAsync(reference, stopping), cancellationToken);

    public Task PullAsync(string reference, IProgress<PullProgress>? progress, CancellationToken cancellationToken) =>
        images.PullAsync(reference, progress, cancellationToken);

    public Task TagAsync(string image, string name, CancellationToken cancellationToken) =>
        TimedEngineRequest.WithinAsync(node, limit, stopping => images.TagAsync(image, name, stopping), cancellationToken);

    public Task<bool> UntagAsync(string name, CancellationToken cancellationToken) =>
        TimedEngineRequest.WithinAsync(node, limit, stopping => images.UntagAsync(name, stopping), cancellationToken);

    public Task<string> ImportAsync(
        ImageImport import, Func<Stream, CancellationToken, Task> content, CancellationToken cancellationToken) =>
        images.ImportAsync(import, content, cancellationToken);

    public Task<string> PushAsync(string reference, IProgress<LayerPush>? progress, CancellationToken cancellationToken) =>
        images.PushAsync(reference, progress, cancellationToken);
}
