using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using PisaHpc.Sites;

namespace PisaHpc.Ssh;

/// <summary>
/// A connection of the OpenSSH client: a master process holds it, and each command is an ssh that goes through the master's socket. The
/// sockets lie in a directory of this process's own, mode 0700. On Windows ssh has no masters, and each command connects by itself.
/// </summary>
internal sealed class OpenSshTransport : INodeTransport
{
    private const int SshFailed = 255;
    private static readonly bool Shares = !OperatingSystem.IsWindows();
    private static readonly Lazy<string> SocketDirectory = new(() => Directory.CreateTempSubdirectory("pisahpc-ssh-").FullName);
    private static int _count;

    private readonly string _node;
    private readonly List<string> _options;
    private readonly string _socket;

    private OpenSshTransport(string node, NodeAccess access)
    {
        _node = node;
        _socket = Path.Combine(SocketDirectory.Value, Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture));
        _options = OpenSshOptions.Of(access);
    }

    public bool IsOpen => !Shares || File.Exists(_socket);

    /// <summary>Beyond what sshd allows on the shared connection, ssh makes one of its own.</summary>
    public int MaxSessions => int.MaxValue;

    /// <summary>Connects and logs in.</summary>
    /// <exception cref="HpcException">One of the four ids of a connection that fails.</exception>
    public static async Task<INodeTransport> ConnectAsync(string node, NodeAccess access, CancellationToken cancellationToken)
    {
        var transport = new OpenSshTransport(node, access);
        var persist = ((int)Math.Ceiling(access.IdleTimeout.TotalSeconds) + 60).ToString(CultureInfo.InvariantCulture);
        IEnumerable<string> master = Shares
            ? ["-M", "-N", "-f", "-o", $"ControlPath={transport._socket}", "-o", $"ControlPersist={persist}", "--", node]
            : ["--", node, "exit 0"];
        var (exitCode, error) = await RunAsync([.. transport._options, .. master], cancellationToken);
        if (exitCode == 0)
        {
            return transport;
        }

        var shown = OpenSshFailure.WantsKey(error) ? await transport.ShownKeyAsync(cancellationToken) : null;
        throw OpenSshFailure.Of(node, access, error, shown);
    }

    public Task<INodeSession> StartAsync(RemoteCommand command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<INodeSession>(
            ProcessSession.Start("ssh", [.. _options, .. Through("no"), "--", _node, command.WaitingLine], FinishAsync));
    }

    public async ValueTask DisposeAsync()
    {
        if (Shares && File.Exists(_socket))
        {
            await RunAsync([.. _options, .. Through("no"), "-O", "exit", "--", _node], CancellationToken.None);
        }
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("ssh", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        process.StandardInput.Close();
        try
        {
            // A master goes to the background with its outputs closed, so that reading them ends when it has logged in.
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = await process.StandardError.ReadToEndAsync(cancellationToken);
            await output;
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new HpcException(
                ErrorId.PlatformNotSupported,
                $"'client: openssh' needs the ssh client on this machine: {exception.Message}",
                recommendedAction: "Install the OpenSSH client, or set nodes.ssh.client to builtin in the site definition.",
                innerException: exception);
        }
    }

    private string[] Through(string master) => Shares ? ["-o", $"ControlMaster={master}", "-o", $"ControlPath={_socket}"] : [];

    /// <summary>255 is ssh's own code and may be the command's: then the connection is asked.</summary>
    private async Task<int> FinishAsync(int exitCode)
    {
        if (exitCode != SshFailed)
        {
            return exitCode;
        }

        var (alive, error) = await RunAsync([.. _options, .. Through("no"), "-O", "check", "--", _node], CancellationToken.None);
        return alive == 0 ? exitCode : throw ConnectionFailure.Broken(_node, new EndOfStreamException(error.Trim()));
    }

    /// <summary>Connects once more to hear which key the node shows: ssh tells it only when it debugs.</summary>
    private async Task<string?> ShownKeyAsync(CancellationToken cancellationToken)
    {
        var (_, debug) = await RunAsync(["-v", .. _options, "--", _node, "exit 0"], cancellationToken);
        return OpenSshFailure.KeyIn(debug);
    }
}
