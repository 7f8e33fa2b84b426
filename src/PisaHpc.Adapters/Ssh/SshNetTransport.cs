using PisaHpc.Sites;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace PisaHpc.Adapters.Ssh;

/// <summary>An ssh connection in this process.</summary>
internal sealed class SshNetTransport : INodeTransport
{
    private const int SessionsPerConnection = 10;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(30);
    private static readonly RemoteCommand Nothing = RemoteCommand.WithoutInput(["true"]);
    private readonly SshClient _client;
    private readonly string _node;
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _broken;
    private int _running;

    private SshNetTransport(SshClient client, string node, TimeSpan timeout, TimeSpan probeEvery)
    {
        _client = client;
        _node = node;
        _timeout = timeout;
        _client.ErrorOccurred += (_, _) => _broken = true;
        _ = ProbeAsync(probeEvery);
    }

    public bool IsOpen => !_broken && _client.IsConnected;

    /// <summary>sshd's own default for MaxSessions (sshd_config(5)).</summary>
    public int MaxSessions => SessionsPerConnection;

    /// <summary>Connects and logs in.</summary>
    /// <exception cref="HpcException">One of the four ids of a connection that fails.</exception>
    public static async Task<INodeTransport> ConnectAsync(
        string node, NodeAccess access, CancellationToken cancellationToken, TimeSpan? probeEvery = null)
    {
        var keys = PrivateKeys.Read(access);
        var login = access.User ?? Environment.UserName;
        var check = new HostKeyCheck(node, access);
        var client = ClientOf(node, login, access, keys, check);
        var info = client.ConnectionInfo;
        var connecting = BlockingWork.RunAsync(client.Connect);
        try
        {
            await connecting.WaitAsync(access.ConnectTimeout, cancellationToken);
        }
        catch (Exception exception)
        {
            // The library cannot be told to stop connecting: an attempt that was given up is closed when it has ended by itself, which
            // may be at once. From here on the client is not ours.
            _ = connecting.ContinueWith(
                ended =>
                {
                    _ = ended.Exception;
                    client.Dispose();
                },
                TaskScheduler.Default);
            cancellationToken.ThrowIfCancellationRequested();
            throw check.Refusal ?? FailureOf(exception, info, node, access, $"login {login}, {keys.Account}");
        }

        // From here on the library's time-out would also end a write to a command that is slow to read.
        info.Timeout = Timeout.InfiniteTimeSpan;
        return new SshNetTransport(client, node, access.ConnectTimeout, probeEvery ?? ProbeEvery);
    }

    public async Task<INodeSession> StartAsync(RemoteCommand command)
    {
        SshCommand? channel = null;
        try
        {
            channel = _client.CreateCommand(command.DrainInputLine);
            return await BlockingWork.RunAsync(() => Begin(channel, command.End)).WaitAsync(_timeout);
        }
        catch (SshException exception) when (exception is not (SshConnectionException or SshOperationTimeoutException) && IsOpen)
        {
            await BlockingWork.RunAsync(() => channel?.Dispose());
            throw new SessionRefusedException($"Node {_node} refused a session.", exception);
        }
        catch (Exception exception)
        {
            throw Broken(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _broken = true;
        _lost.TrySetException(new ObjectDisposedException("the connection", "It was closed."));
        await BlockingWork.RunAsync(_client.Dispose);
    }

    private static SshClient ClientOf(string node, string login, NodeAccess access, PrivateKeys keys, HostKeyCheck check)
    {
        // Without a key the library could not even ask: the host key is still checked and the login refused by name.
        AuthenticationMethod method = keys.Usable.Count > 0
            ? new PrivateKeyAuthenticationMethod(login, [.. keys.Usable])
            : new NoneAuthenticationMethod(login);
        var info = new ConnectionInfo(node, access.Port, login, method)
        {
            Timeout = access.ConnectTimeout,
            MaxSessions = int.MaxValue,
            RetryAttempts = 1,
        };
        check.Prefer(info.HostKeyAlgorithms);
        AlgorithmOrder.Set(info);
        var client = new SshClient(info) { KeepAliveInterval = KeepAlive };
        client.HostKeyReceived += (_, shown) => shown.CanTrust = check.Trusts(shown.HostKey);
        return client;
    }

    /// <summary>A node that accepted a key leaves out that method of those it would go on with (RFC 4252, section 5.1).</summary>
    private static HpcException FailureOf(Exception cause, ConnectionInfo info, string node, NodeAccess access, string credentials) =>
        cause is SshAuthenticationException
            && info.AuthenticationMethods[0] is PrivateKeyAuthenticationMethod { AllowedAuthentications: { Length: > 0 } wanted }
            && !wanted.Contains("publickey", StringComparer.Ordinal)
            ? ConnectionFailure.HalfAccepted(node, "the key", wanted, credentials, cause)
            : ConnectionFailure.Of(cause, node, access, credentials);

    /// <summary>
    /// While commands run, asks now and then for one more session. The library's keep-alive wants no answer, so that a node without power
    /// would only be noticed when the kernel gives up, after a quarter of an hour (tcp(7), tcp_retries2).
    /// </summary>
    private async Task ProbeAsync(TimeSpan every)
    {
        using var clock = new PeriodicTimer(every);
        try
        {
            while (await clock.WaitForNextTickAsync(_closing.Token) && IsOpen)
            {
                if (Volatile.Read(ref _running) > 0)
                {
                    await ProbeAsync();
                }
            }
        }
        catch (HpcException)
        {
            // It broke, and the commands that wait on it have been told.
        }
        catch (OperationCanceledException)
        {
            // The connection was closed.
        }
    }

    private async Task ProbeAsync()
    {
        try
        {
            await using var answer = await StartAsync(Nothing);
        }
        catch (SessionRefusedException)
        {
            // A refusal is an answer.
        }
    }

    private SshNetSession Begin(SshCommand channel, CommandEndSentinel? end)
    {
        var session = new SshNetSession(channel, channel.ExecuteAsync(CancellationToken.None), _lost.Task, end, Broken);
        Interlocked.Increment(ref _running);
        _ = session.Completion.ContinueWith(_ => Interlocked.Decrement(ref _running), TaskScheduler.Default);
        return session;
    }

    private HpcException Broken(Exception cause)
    {
        _broken = true;
        _lost.TrySetException(cause);
        return ConnectionFailure.Broken(_node, cause);
    }
}
