using System.Security.Cryptography;
using PisaHpc.Access.Ssh;
using PisaHpc.Nodes;

namespace PisaHpc.Mpi;

/// <summary>
/// Runs a program with MPI in a job's containers. The image's launcher runs in the first node's container as the job's user, by a login
/// through the job's own sshd, and reaches the other nodes' containers from there by the job's keys; srun runs on the first node itself.
/// Ranks that an engine's exec had started would outlive their launcher.
/// </summary>
public sealed class MpiRun(INodeConnector nodes)
{
    // The supervisor needs its grace and a moment more; whoever waits longer waits for a node that is gone.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(MpiSupervisor.GraceSeconds + 5);

    // With srun it may need a step of the job to get to the other nodes, which Slurm grants when it comes to it.
    private static readonly TimeSpan SrunStopLimit = TimeSpan.FromSeconds(MpiSupervisor.GraceSeconds + 20);

    internal MpiTimeLimits Patience { get; init; } = new();

    /// <summary>Runs to the end.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="listener">Who takes its output.</param>
    /// <param name="cancellationToken">
    /// Ends all ranks on all nodes before this returns: within five seconds, with srun within twenty.
    /// </param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a request that cannot be met; the connector's failures for the first node.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, and the ranks have ended.</exception>
    public async Task<MpiRunEnd> RunAsync(MpiRequest request, MpiRunListener listener, CancellationToken cancellationToken)
    {
        var map = request.Check();
        var first = request.Nodes[0].Name;
        var connection = await nodes.ConnectAsync(first, cancellationToken);
        await using var process = await connection.StartAsync(MpiSupervisor.CommandFor(request), cancellationToken);
        using var limit = new CancellationTokenSource();
        var run = RandomNumberGenerator.GetHexString(16, lowercase: true);
        var conversation = new MpiConversation(request, map, run, process, AnswersAsync, Patience, listener);
        var end = conversation.RunAsync(limit.Token);
        try
        {
            return await end.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            limit.CancelAfter(request.Launcher == MpiLauncher.Srun ? SrunStopLimit : StopLimit);
            await process.Input.DisposeAsync();
            await ((Task)end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        async Task<bool> AnswersAsync(string node, CancellationToken stopping)
        {
            if (request.Access is SshAccess ssh)
            {
                return (await connection.RunAsync(ssh.CommandOn(node, ["true"]), default, stopping)).ExitCode == 0;
            }

            try
            {
                return (await (await nodes.ConnectAsync(node, stopping)).RunAsync(["true"], default, stopping)).ExitCode == 0;
            }
            catch (HpcException)
            {
                return false; // That is the answer: the node cannot be reached.
            }
        }
    }
}

/// <summary>The end of a run.</summary>
/// <param name="Result">What came of it.</param>
/// <param name="Failure">
/// <see cref="ErrorId.RankFailed"/> or <see cref="ErrorId.MpiLaunchFailed"/>, with the node or the job as target; null when it succeeded.
/// </param>
public sealed record MpiRunEnd(MpiResult Result, HpcException? Failure);

/// <summary>Who listens to a run; called from any thread.</summary>
/// <param name="Output">
/// Takes lines as they arrive. While it does, what Open MPI's ranks print waits on the disk of the first node's container, and they go on;
/// MPICH's are held up when much waits (<see cref="OutputWindow"/>), unless the connection takes all that a node sends, as SSH.NET's does.
/// </param>
/// <param name="Trace">Told of the launcher's command line.</param>
/// <param name="Warn">Told of what the launcher did wrong without failing.</param>
public sealed record MpiRunListener(Func<IReadOnlyList<MpiOutput>, Task> Output, Action<string> Trace, Action<string> Warn);

/// <summary>How long a run may stand still before somebody is told, or it is ended.</summary>
internal sealed record MpiTimeLimits
{
    /// <summary>How long no further rank may start before a warning says so; doubled after each.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the launcher may stay, without a word, when all of its ranks have ended.</summary>
    public TimeSpan End { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the supervisor may take to say what the run's processes do.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a node may take to answer a login before it is held not to.</summary>
    public TimeSpan Login { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>A line that a rank, or the launcher, wrote.</summary>
/// <param name="Rank">The rank in MPI_COMM_WORLD; null when the launcher itself wrote the line.</param>
/// <param name="Node">The node on which it runs.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">The line without its line end; NULs, which PRRTE strews in, are left out.</param>
/// <param name="Time">When the line arrived, in UTC.</param>
public sealed record MpiOutput(int? Rank, string Node, string Stream, string Text, DateTimeOffset Time)
{
    /// <summary>The line.</summary>
    public override string ToString() => Text;
}
