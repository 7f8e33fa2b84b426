using PisaHpc.Nodes;

namespace PisaHpc.Environments;

/// <summary>
/// The right to bring one static environment on one node to what is declared: a lock in its directory there (flock(2)), held by a command
/// that ends with the connection, so that a caller who was killed holds nothing.
/// </summary>
internal sealed class SyncLock : IAsyncDisposable
{
    private const int Taken = 75;

    private static readonly NodeScript Script = NodeScript.Of("Environments/hold-sync.sh");

    private readonly INodeProcess _holder;

    private SyncLock(INodeProcess holder) => _holder = holder;

    /// <summary>Takes it, or says who has it.</summary>
    /// <param name="directory">The static environment's directory on the node.</param>
    /// <param name="name">The static environment.</param>
    /// <param name="asker">Who asks, for the next one to be told.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBeingSynced"/>: another one has it; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public static async Task<SyncLock> TakeAsync(
        INodeConnection connection, string directory, string name, string asker, CancellationToken cancellationToken)
    {
        var held = new SyncLock(await connection.StartAsync(Script.Command(directory, asker), cancellationToken));
        try
        {
            using var output = new StreamReader(held._holder.Output, leaveOpen: true);
            return await output.ReadLineAsync(cancellationToken) == "held"
                ? held
                : throw await held.RefusedAsync(connection.Node, directory, name, cancellationToken);
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives it back.</summary>
    public ValueTask DisposeAsync() => _holder.DisposeAsync();

    private async Task<HpcException> RefusedAsync(string node, string directory, string name, CancellationToken cancellationToken)
    {
        using var error = new StreamReader(_holder.Error, leaveOpen: true);
        var words = Quote.Words(await error.ReadToEndAsync(cancellationToken));
        var code = await _holder.WaitAsync(cancellationToken);
        return code == Taken
            ? new HpcException(
                ErrorId.StaticBeingSynced, $"Static environment {name} on {node} is being brought to what is declared by {words}.", node)
            : new HpcException(
                ErrorId.NodeCommandFailed,
                $"Directory {directory} on {node} could not be locked (exit code {code}): {words}",
                node);
    }
}
