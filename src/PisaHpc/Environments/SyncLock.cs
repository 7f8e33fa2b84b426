using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Environments;

/// <summary>
/// The right to change one static environment on one node: a lock in its directory there (flock(2)), held by a command
/// that ends with its caller, so that one who was killed holds nothing, and one whose host vanished nothing after a minute.
/// </summary>
internal sealed class SyncLock : IAsyncDisposable
{
    private const int Taken = 75;

    private static readonly NodeScript Script = NodeScript.Of("Environments/hold-sync.sh");

    private readonly HeldCommand _holder;
    private readonly string _words;
    private readonly string _node;

    private SyncLock(HeldCommand holder, string words, string node) => (_holder, _words, _node) = (holder, words, node);

    /// <summary>Takes it, or says who has it.</summary>
    /// <param name="directory">The static environment's directory on the node.</param>
    /// <param name="name">The static environment.</param>
    /// <param name="asker">Who asks, for the next one to be told.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBeingSynced"/>: another one has it; <see cref="ErrorId.NodeCommandFailed"/>;
    /// <see cref="ErrorId.NodeTimeout"/>.
    /// </exception>
    public static async Task<SyncLock> TakeAsync(
        INodeConnection connection, string directory, string name, string asker, CancellationToken cancellationToken)
    {
        var words = $"Static environment {name} on {connection.Node}";
        var command = Script.Command(directory, asker, HeldCommand.Silence);
        var held = new SyncLock(new HeldCommand(await connection.StartAsync(command, cancellationToken)), words, connection.Node);
        try
        {
            return await held._holder.ReadAsync(Cluster.ShortWork, cancellationToken) == "held"
                ? held
                : throw await held.RefusedAsync(directory, cancellationToken);
        }
        catch (TimeoutException late)
        {
            await held.DisposeAsync();
            throw new HpcException(
                ErrorId.NodeTimeout,
                $"Directory {directory} on {connection.Node} could not be locked within {Cluster.ShortWork.TotalSeconds:0} s.",
                connection.Node,
                innerException: late);
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does work that nobody else may do meanwhile. When the lock is lost in the midst, the work is cancelled.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeUnreachable"/>: it was lost; the work's own.</exception>
    public Task<T> UnderAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        HeldCommand.WhileAsync(_holder.Ended, work, Lost, cancellationToken);

    /// <summary>The failure of work that was cancelled since the lock was lost.</summary>
    public HpcException Lost(Exception cause) => new(
        ErrorId.NodeUnreachable,
        $"{_words} may be somebody else's to change since: the connection ended that held the right to it.",
        _node,
        innerException: cause);

    /// <summary>Gives it back.</summary>
    public ValueTask DisposeAsync() => _holder.DisposeAsync();

    private async Task<HpcException> RefusedAsync(string directory, CancellationToken cancellationToken)
    {
        var words = Quote.Words(await _holder.ErrorAsync(cancellationToken));
        var code = await _holder.Ended.WaitAsync(cancellationToken);
        return code == Taken
            ? new HpcException(ErrorId.StaticBeingSynced, $"{_words} is being changed by {words}.", _node)
            : new HpcException(
                ErrorId.NodeCommandFailed, $"Directory {directory} on {_node} could not be locked (exit code {code}): {words}", _node);
    }
}
