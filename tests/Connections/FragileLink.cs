using System.Net;
using System.Net.Sockets;

namespace PisaHpc.Connections;

/// <summary>A TCP relay on the loopback address that can fall silent, as a node does that lost its power.</summary>
internal sealed class FragileLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly int _target;
    private volatile TaskCompletionSource _flowing = Open();

    public FragileLink(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Passes on nothing more, on any connection, and tells nobody.</summary>
    public void Freeze() => _flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets bytes through again.</summary>
    public void Thaw() => _flowing.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            var near = await _listener.AcceptTcpClientAsync(_closing.Token);
            var far = new TcpClient();
            await far.ConnectAsync(IPAddress.Loopback, _target, _closing.Token);
            _ = PassAsync(near, far);
            _ = PassAsync(far, near);
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[65536];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _closing.Token) is var count && count > 0)
            {
                await _flowing.Task.WaitAsync(_closing.Token);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _closing.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side left.
        }
        finally
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
