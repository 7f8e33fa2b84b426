using System.Globalization;

namespace PisaHpc.Nodes;

/// <summary>
/// A command on a node that does something for as long as its caller is there: it ends when its standard input does, or when the input is
/// silent (await-caller.sh). A byte every few seconds says that the caller lives.
/// </summary>
internal sealed class HeldCommand : IAsyncDisposable
{
    /// <summary>Between two bytes.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);

    private readonly INodeProcess _process;
    private readonly StreamReader _output;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Task _beating;
    private Task<int?>? _left;

    /// <summary>Holds a command that was started.</summary>
    public HeldCommand(INodeProcess process)
    {
        _process = process;
        _output = new StreamReader(process.Output, leaveOpen: true);
        Ended = process.WaitAsync(_leaving.Token);
        _beating = BeatAsync();
    }

    /// <summary>The silence, in seconds, after which the command ends: the first argument of await_caller.</summary>
    public static string Silence { get; } = (4 * Beat).TotalSeconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>How long the command may take to undo what it did.</summary>
    public TimeSpan Leave { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Ends when the command does, with its exit code, or fails as its connection does; cancelled when it is let go.</summary>
    public Task<int> Ended { get; }

    /// <summary>The next line that the command says; null when it says nothing more.</summary>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken) => await _output.ReadLineAsync(cancellationToken);

    /// <summary>The same of a command that may have stopped answering.</summary>
    /// <exception cref="TimeoutException">It said nothing for so long.</exception>
    public async Task<string?> ReadAsync(TimeSpan limit, CancellationToken cancellationToken) =>
        await ReadAsync(cancellationToken).WaitAsync(limit, cancellationToken);

    /// <summary>Does work for as long as a command is held; when that ends in the midst, the work is cancelled.</summary>
    /// <param name="ended"><see cref="Ended"/>.</param>
    /// <param name="lost">The failure of work that was cancelled so.</param>
    public static async Task<T> WhileAsync<T>(
        Task ended, Func<CancellationToken, Task<T>> work, Func<Exception, HpcException> lost, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(lost);
        using var working = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var doing = work(working.Token);
        if (await Task.WhenAny(doing, ended) == doing || doing.IsCompleted)
        {
            return await doing;
        }

        await working.CancelAsync();
        try
        {
            return await doing;
        }
        catch (OperationCanceledException cause) when (!cancellationToken.IsCancellationRequested)
        {
            throw lost(cause);
        }
    }

    /// <summary>The words of a command that ended by itself.</summary>
    public async Task<string> ErrorAsync(CancellationToken cancellationToken)
    {
        using var error = new StreamReader(_process.Error, leaveOpen: true);
        return await error.ReadToEndAsync(cancellationToken);
    }

    /// <summary>Lets it go, and waits a moment until it has undone what it did; a node that hangs holds nobody up.</summary>
    public async ValueTask DisposeAsync() => await LetGoAsync();

    /// <summary>The same.</summary>
    /// <returns>The command's exit code; null where it did not end in time, or its connection ended before.</returns>
    public Task<int?> LetGoAsync() => _left ??= LeaveAsync();

    private async Task<int?> LeaveAsync()
    {
        await _leaving.CancelAsync();
        await _beating;
        await EndInputAsync();
        var code = await CodeAsync();
        await _process.DisposeAsync();
        _output.Dispose();
        return code;
    }

    private async Task<int?> CodeAsync()
    {
        try
        {
            return await _process.WaitAsync(CancellationToken.None).WaitAsync(Leave, CancellationToken.None);
        }
        catch (Exception unknown) when (unknown is TimeoutException or IOException or HpcException)
        {
            return null;
        }
    }

    private async Task EndInputAsync()
    {
        try
        {
            await _process.Input.DisposeAsync();
        }
        catch (Exception gone) when (gone is IOException or HpcException)
        {
            // Its connection ended before, and its input with that.
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(Beat);
        try
        {
            while (await timer.WaitForNextTickAsync(_leaving.Token))
            {
                await _process.Input.WriteAsync("."u8.ToArray(), _leaving.Token);
                await _process.Input.FlushAsync(_leaving.Token);
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ObjectDisposedException or HpcException)
        {
            // It was let go, or has ended, which Ended tells.
        }
    }
}
