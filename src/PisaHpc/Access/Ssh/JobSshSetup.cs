using System.Collections.Concurrent;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Access.Ssh;

/// <summary>Writes a job's ssh files to all of its nodes, or to none.</summary>
/// <param name="generator">Makes the job's keys.</param>
public sealed class JobSshSetup(Cluster cluster, IJobKeyGenerator generator)
{
    private static readonly TimeSpan RollbackLimit = TimeSpan.FromSeconds(30);

    /// <summary>Told of the keys that an interruption has taken back.</summary>
    public TakenBack TakenBack { get; init; } = TakenBack.Untold;

    /// <summary>What <see cref="WriteAsync"/> would return; the keys do not exist yet, so their fingerprints are empty.</summary>
    /// <param name="request">The job; its keys are not used.</param>
    public static JobSshConfig Predict(JobSshRequest request) => JobSshRecord.Of(request).ToConfig(request.Directory, changed: true);

    /// <summary>The same by what the nodes have: with the job's own keys where it has some.</summary>
    /// <param name="request">The job; its keys are not used.</param>
    /// <exception cref="HpcException">Its first node cannot be read: the ids of the connection and <see cref="JobDirectory"/>.</exception>
    public async Task<JobSshConfig> PredictAsync(JobSshRequest request, CancellationToken cancellationToken)
    {
        if (await ExistingKeysAsync(request, cancellationToken) is not { } keys)
        {
            return Predict(request);
        }

        var keyed = request with { Keys = keys };
        var files = JobSshFiles.For(keyed).Where(file => file.Content is not null).ToList();
        var same = new ConcurrentQueue<string>();
        await cluster.OnEachAsync(
            request.Allocation.Nodes.Select(node => node.Name),
            async (node, stopping) =>
            {
                var connection = await cluster.Nodes.ConnectAsync(node, stopping);
                var held = await JobDirectory.ReadAsync(connection, request.Directory, [.. files.Select(file => file.Name)], stopping);
                if (held is not null && files.TrueForAll(file => IsIn(held, file)))
                {
                    same.Enqueue(node);
                }
            },
            cancellationToken);
        return JobSshRecord.Of(keyed).ToConfig(keyed.Directory, changed: same.Count < request.Allocation.Nodes.Count);
    }

    private static bool IsIn(JobDirectoryContent held, JobFile file) =>
        held.Files.TryGetValue(file.Name, out var text) && text.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(file.Content!));

    /// <summary>Keys with nothing in them, for <see cref="Predict"/>.</summary>
    public static JobKeys NoKeys { get; } = new(new JobKeyPair("", "", ""), new JobKeyPair("", "", ""));

    /// <summary>
    /// Writes the files. A job that has keys on its first node keeps them, so that a second call adds what is missing and changes nothing
    /// that stands; what such a call wrote stays when it fails, since the job may be running with those keys.
    /// </summary>
    /// <param name="request">The job; its keys are replaced.</param>
    /// <param name="cancellationToken">Interrupts; what was written with new keys is removed first.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobRolledBack"/> when a node failed, <see cref="ErrorId.JobLeftBehind"/> when what was written is left on a node,
    /// or <see cref="ErrorId.NodeCommandFailed"/> when the job keeps its keys; or the first node's own failure, when nothing was begun.
    /// </exception>
    public async Task<JobSshConfig> WriteAsync(JobSshRequest request, CancellationToken cancellationToken)
    {
        var existing = await ExistingKeysAsync(request, cancellationToken);
        var keyed = request with { Keys = existing ?? generator.Make() };
        var attempt = new Attempt(keyed, FreshKeys: existing is null);
        try
        {
            await WriteAllAsync(attempt, cancellationToken);
        }
        catch (Exception cause)
        {
            await RollBackAsync(attempt, cause);
            throw;
        }

        if (attempt.Failures.IsEmpty)
        {
            return JobSshRecord.Of(keyed).ToConfig(keyed.Directory, attempt.Outcomes.Values.Contains(true));
        }

        await RollBackAsync(attempt, attempt.Failures.First().Cause);
        throw NotWritten(attempt);
    }

    private async Task<JobKeys?> ExistingKeysAsync(JobSshRequest request, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(request.Allocation.Nodes[0].Name, cancellationToken);
        var content = await JobDirectory.ReadAsync(
            connection, request.Directory, [JobSshFiles.UserKey, JobSshFiles.HostKey], cancellationToken);
        return content is not null
            && content.Uid == request.Allocation.Owner.Uid
            && PairIn(content, JobSshFiles.UserKey) is { } user
            && PairIn(content, JobSshFiles.HostKey) is { } host
            ? new JobKeys(user, host)
            : null;
    }

    private JobKeyPair? PairIn(JobDirectoryContent content, string name) =>
        content.Files.TryGetValue(name, out var text) ? generator.Read(Encoding.UTF8.GetString(text)) : null;

    private async Task WriteAllAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        var owner = attempt.Request.Allocation.Owner;
        var archive = await JobArchive.PackAsync(JobSshFiles.For(attempt.Request), owner.Uid, owner.Gid, cancellationToken);
        await (cluster with { Failed = attempt.Failures.Enqueue }).OnEachAsync(
            attempt.Request.Allocation.Nodes.Select(node => node.Name),
            async (node, stopping) =>
            {
                var connection = await cluster.Nodes.ConnectAsync(node, stopping);
                attempt.Outcomes[node] = null;
                attempt.Outcomes[node] = await JobDirectory.WriteAsync(
                    connection, attempt.Request.Directory, owner.Uid, owner.Gid, archive, stopping);
            },
            cancellationToken,
            phase: Phase.WriteAccess);
    }

    /// <summary>
    /// Removes what this attempt wrote with keys of its own. Where the outcome is not known (the connection broke, or the write was
    /// interrupted), only a directory with those keys is removed.
    /// </summary>
    /// <exception cref="HpcException"><see cref="ErrorId.JobLeftBehind"/>.</exception>
    private async Task RollBackAsync(Attempt attempt, Exception cause)
    {
        var left = new ConcurrentQueue<NodeFailure>();
        await (cluster with { Failed = left.Enqueue, NodeTimeout = RollbackLimit }).OnEachAsync(
            attempt.Outcomes.Where(outcome => attempt.FreshKeys && outcome.Value is not false).Select(outcome => outcome.Key),
            async (node, stopping) =>
            {
                var connection = await cluster.Nodes.ConnectAsync(node, stopping);
                var (directory, key) = (attempt.Request.Directory, attempt.Request.Keys.User.Fingerprint);
                if (attempt.Outcomes[node] is true
                    || (await JobDirectory.FindAsync(connection, directory, stopping))?.KeyFingerprint == key)
                {
                    var wasThere = await JobDirectory.RemoveAsync(connection, directory, stopping);
                    TakenBack.AddKeys($"job {attempt.Request.Allocation.JobId}", node, wasThere);
                }
            },
            CancellationToken.None,
            phase: Phase.TakeBack);
        if (!left.IsEmpty)
        {
            throw LeftBehind(attempt, cause, [.. left]);
        }
    }

    private static HpcException LeftBehind(Attempt attempt, Exception cause, IReadOnlyList<NodeFailure> left)
    {
        var jobId = attempt.Request.Allocation.JobId;
        var reasons = attempt.Failures.IsEmpty ? cause.Message : string.Join("; ", attempt.Failures);
        return new HpcException(
            ErrorId.JobLeftBehind,
            $"The ssh configuration of job {jobId} was not written to all of its nodes ({reasons}), "
            + $"and could not be taken back from {string.Join("; ", left)}",
            jobId,
            $"When the nodes answer again: Remove-JobSshConfig '{jobId}' -Node {string.Join(",", left.Select(failure => failure.Node))}.",
            cause)
        {
            FailedNodes = [.. attempt.Failures],
            LeftBehind = left,
        };
    }

    private static HpcException NotWritten(Attempt attempt)
    {
        var jobId = attempt.Request.Allocation.JobId;
        IReadOnlyList<NodeFailure> failed = [.. attempt.Failures];
        var (id, outcome) = attempt.FreshKeys
            ? (ErrorId.JobRolledBack, "was taken back from the others")
            : (ErrorId.NodeCommandFailed, "stays on the others, which had its keys before");
        return new HpcException(
            id,
            $"The ssh configuration of job {jobId} was not written to all of its nodes, and {outcome}: {string.Join("; ", failed)}",
            jobId,
            attempt.FreshKeys ? null : "Repair the nodes and call New-JobSshConfig again.",
            failed[0].Cause)
        {
            FailedNodes = failed,
        };
    }

    /// <summary>One call: for each node that was begun, whether it changed, null while that is not known.</summary>
    private sealed record Attempt(JobSshRequest Request, bool FreshKeys)
    {
        public ConcurrentDictionary<string, bool?> Outcomes { get; } = new(StringComparer.Ordinal);

        public ConcurrentQueue<NodeFailure> Failures { get; } = new();
    }
}
