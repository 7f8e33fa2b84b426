using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PisaHpc.Access.Ssh;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Batch;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>
/// A job's directory and a real sshd with its configuration, on loopback: it runs as the job's user without any privilege, in a mount
/// namespace where the job's accounts are the only ones, as in a container.
/// </summary>
internal sealed class JobSshd : IAsyncDisposable
{
    private readonly string _run = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}";
    private Process? _sshd;

    private JobSshd(string shell)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Request = Sample.Request(new AllocatedNode("localhost", 2)) with
        {
            Port = ((IPEndPoint)probe.LocalEndpoint).Port,
            Directory = _run + "/4711",
            Keys = new Ed25519KeyGenerator().Make(),
            Shell = shell,
        };
    }

    public LocalShell Node { get; } = new("here");

    public JobSshRequest Request { get; }

    /// <summary>Where the job's directory lies.</summary>
    public string RunDirectory => _run;

    /// <param name="shell">The user's login shell in the container.</param>
    public static async Task<JobSshd> StartAsync(string shell = "/bin/sh")
    {
        var job = new JobSshd(shell);
        await job.StartServerAsync();
        return job;
    }

    public async ValueTask DisposeAsync()
    {
        if (_sshd is not null)
        {
            _sshd.Kill(entireProcessTree: true);
            await _sshd.WaitForExitAsync();
            _sshd.Dispose();
        }

        Directory.Delete(_run, recursive: true);
    }

    private async Task StartServerAsync()
    {
        var owner = Request.Allocation.Owner;
        await JobDirectory.WriteAsync(Node, Request.Directory, owner.Uid, owner.Gid, JobSshFiles.For(Request), CancellationToken.None);
        _sshd = LocalShell.Start(
        [
            "unshare", "--mount", "sh", "-c", """
            mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group &&
            exec setpriv --reuid 4001 --regid 4001 --groups 4001,5001,5002 --inh-caps=-all --bounding-set=-all --no-new-privs \
                /usr/sbin/sshd -D -e -f "$1/sshd_config" -o "SetEnv=$2"
            """, "sh", Request.Directory, SessionVariables.Value(new Dictionary<string, string> { ["OMP_PLACES"] = "cores and threads" }),
        ]);
        string? line;
        do
        {
            line = await _sshd.StandardError.ReadLineAsync();
        }
        while (line is not null && !line.StartsWith("Server listening on 0.0.0.0", StringComparison.Ordinal));
        Assert.NotNull(line);
    }
}
