using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using PisaHpc.Sites;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// A connection of the OpenSSH client: a master process holds it, and each command is an ssh that goes through the master's socket. On
/// Windows ssh has no masters, and each command connects by itself.
/// </summary>
internal sealed class OpenSshTransport : INodeTransport
{
    private const int SshFailed = 255;
    private static readonly bool Shares = !OperatingSystem.IsWindows();
    private readonly string _node;
    private readonly List<string> _options;
    private readonly string _socket;

    private OpenSshTransport(string node, NodeAccess access)
    {
        _node = node;
        _socket = Shares ? OpenSshMasters.NewSocket() : "";
        _options = OpenSshOptions.Of(access);
    }

    public bool IsOpen => !Shares || File.Exists(_socket);

    /// <summary>Beyond what sshd allows on the shared connection, ssh makes one of its own.</summary>
    public int MaxSessions => int.MaxValue;

    /// <summary>
    /// Connects and logs in. ssh's own ConnectTimeout ends with the exchange of keys: a login that hangs has to be ended here.
    /// </summary>
    /// <exception cref="HpcException">One of the four ids of a connection that fails.</exception>
    public static async Task<INodeTransport> ConnectAsync(string node, NodeAccess access, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(access.ConnectTimeout);
        try
        {
            return await LogInAsync(node, access, limit.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw ConnectionFailure.Of(new TimeoutException("ssh was ended.", exception), node, access, "");
        }
    }

    public Task<INodeSession> StartAsync(RemoteCommand command)
    {
        try
        {
            return Task.FromResult<INodeSession>(
                ProcessSession.Start("ssh", [.. _options, .. Through, "--", _node, command.ExitCodeLine], FinishAsync));
        }
        catch (Win32Exception exception)
        {
            throw NotStarted(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        OpenSshMasters.Ended(_socket);
        if (Shares && File.Exists(_socket))
        {
            await RunAsync(ExitArguments, CancellationToken.None);
        }
    }

    private static async Task<INodeTransport> LogInAsync(string node, NodeAccess access, CancellationToken cancellationToken)
    {
        var transport = new OpenSshTransport(node, access);
        var persist = ((int)Math.Ceiling(access.IdleTimeout.TotalSeconds) + 60).ToString(CultureInfo.InvariantCulture);
        IEnumerable<string> master = Shares
            ? ["-M", "-N", "-f", "-o", $"ControlPath={transport._socket}", "-o", $"ControlPersist={persist}", "--", node]
            : ["--", node, "exit 0"];
        var (exitCode, error) = await RunAsync([.. transport._options, .. master], cancellationToken);
        if (exitCode == 0)
        {
            OpenSshMasters.Started(transport._socket, transport.ExitArguments);
            return transport;
        }

        var debug = OpenSshFailure.WantsDebugging(error) ? await transport.DebugAsync(cancellationToken) : "";
        throw OpenSshFailure.Of(node, access, error, debug);
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("ssh", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
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
            throw NotStarted(exception);
        }
    }

    private static HpcException NotStarted(Win32Exception exception) => new(
        ErrorId.PlatformNotSupported,
        $"'client: openssh' needs the ssh client on this machine: {Quote.Cause(exception)}",
        recommendedAction: "Install the OpenSSH client, or set nodes.ssh.client to builtin in the site definition.",
        innerException: exception);

    private string[] Through => Shares ? ["-o", "ControlMaster=no", "-o", $"ControlPath={_socket}"] : [];

    private string[] ExitArguments => [.. _options, .. Through, "-O", "exit", "--", _node];

    /// <summary>255 is ssh's own code and may be the command's: then the connection is asked.</summary>
    private async Task<int> FinishAsync(int exitCode)
    {
        if (exitCode != SshFailed)
        {
            return exitCode;
        }

        var (alive, error) = await RunAsync([.. _options, .. Through, "-O", "check", "--", _node], CancellationToken.None);
        return alive == 0 ? exitCode : throw ConnectionFailure.Broken(_node, new EndOfStreamException(error.Trim()));
    }

    /// <summary>Connects once more to hear more: which key the node shows, or what it accepted, ssh tells only when it debugs.</summary>
    private async Task<string> DebugAsync(CancellationToken cancellationToken) =>
        (await RunAsync(["-v", .. _options, "--", _node, "exit 0"], cancellationToken)).Error;
}
