using PisaHpc.Batch;
using PisaHpc.HostLists;
using PisaHpc.Sites;

namespace PisaHpc.Jobs;

/// <summary>
/// How much memory the batch system granted to a job, asked while its nodes are looked at. That it does not answer keeps no job from being
/// started, unless its site requires what it would say.
/// </summary>
internal sealed class GrantedMemory : IAsyncDisposable
{
    private readonly CancellationTokenSource _unwanted;
    private readonly CancellationToken _interrupted;
    private readonly Task<IReadOnlyDictionary<string, long>>? _answer;

    /// <summary>Asks, where somebody is to be asked.</summary>
    public GrantedMemory(JobRequest request, CancellationToken cancellationToken)
    {
        _interrupted = cancellationToken;
        _unwanted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _answer = request.AskMemory?.Invoke(_unwanted.Token);
    }

    /// <summary>The request with the answer.</summary>
    /// <param name="remark">Told what stays unknown.</param>
    /// <exception cref="HpcException">
    /// Why there is no answer, where the site requires one; <see cref="ErrorId.InvalidValue"/> for one that somebody made up.
    /// </exception>
    public async Task<JobRequest> AddToAsync(JobRequest request, Action<string> remark)
    {
        if (_answer is null)
        {
            return request;
        }

        var allocation = request.Allocation;
        var unknown = $"Memory of job {allocation.JobId} is not limited to what it was granted";
        try
        {
            var told = await _answer;
            AllocatedNode[] nodes =
            [
                .. allocation.Nodes.Select(node => node with
                {
                    MemoryBytes = node.MemoryBytes ?? (told.TryGetValue(node.Name, out var bytes) ? bytes : null),
                }),
            ];
            string[] silent = [.. nodes.Where(node => node.MemoryBytes is null).Select(node => node.Name)];
            if (silent.Length > 0 && request.Environment.Limits.Bounds != JobLimits.Required)
            {
                remark($"{unknown} on {HostList.Fold(silent)}: {allocation.Scheduler} does not say how much that is.");
            }

            return request with { Containers = request.Containers with { Allocation = allocation with { Nodes = nodes } } };
        }
        catch (Exception failure) when (failure is not HpcException { Id: ErrorId.InvalidValue }
            && !_interrupted.IsCancellationRequested && request.Environment.Limits.Bounds != JobLimits.Required)
        {
            remark($"{unknown}, which is not known: {failure.Message}");
            return request;
        }
    }

    /// <summary>Ends a question whose answer nobody waits for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _unwanted.CancelAsync();
        await (_answer ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _unwanted.Dispose();
    }
}
