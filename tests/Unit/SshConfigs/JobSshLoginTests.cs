using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PisaHpc.Allocations;
using PisaHpc.Ssh;
using PisaHpc.SshConfigs;

namespace PisaHpc.Unit.SshConfigs;

/// <summary>
/// The files in the hands of the real ssh and sshd, on loopback: the server runs as the job's user without any privilege, in a mount
/// namespace where the job's accounts are the only ones, as in a container.
/// </summary>
public sealed class JobSshLoginTests : IAsyncLifetime, IDisposable
{
    private readonly string _run = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}";
    private readonly LocalShell _node = new("here");
    private readonly JobSshRequest _request;
    private Process? _sshd;

    public JobSshLoginTests()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        _request = Sample.Request(new AllocatedNode("localhost", 2)) with
        {
            Port = ((IPEndPoint)probe.LocalEndpoint).Port,
            Directory = _run + "/4711",
            Keys = new Ed25519KeyGenerator().Make(),
        };
    }

    public async Task InitializeAsync()
    {
        var owner = _request.Allocation.Owner;
        await JobDirectory.WriteAsync(_node, _request.Directory, owner.Uid, owner.Gid, JobSshFiles.For(_request), CancellationToken.None);
        _sshd = LocalShell.Start(
        [
            "unshare", "--mount", "sh", "-c", """
            mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group &&
            exec setpriv --reuid 4001 --regid 4001 --groups 4001,5001,5002 --inh-caps=-all --bounding-set=-all --no-new-privs \
                /usr/sbin/sshd -D -e -f "$1/sshd_config" -o "SetEnv=$2"
            """, "sh", _request.Directory, SessionVariables.Value(new Dictionary<string, string> { ["OMP_PLACES"] = "cores and threads" }),
        ]);
        string? line;
        do
        {
            line = await _sshd.StandardError.ReadLineAsync();
        }
        while (line is not null && !line.StartsWith("Server listening on 0.0.0.0", StringComparison.Ordinal));
        Assert.NotNull(line);
    }

    [Fact]
    public async Task A_login_by_the_job_s_key_works_and_keeps_every_group_and_the_variables()
    {
        var (code, output, error) = await SshAsync("id; echo $OMP_PLACES");
        Assert.True(code == 0, error);
        Assert.Equal("uid=4001(hpcuser) gid=4001(g4001) groups=4001(g4001),5001(g5001),5002(g5002)\ncores and threads\n", output);
    }

    [Fact]
    public async Task Another_key_is_refused()
    {
        await Sh($"ssh-keygen -q -t ed25519 -N '' -f {_run}/other && sed -i s,{_request.Directory}/id_ed25519,{_run}/other, {_request.Directory}/ssh_config");
        var (code, _, error) = await SshAsync("id");
        Assert.Equal(255, code);
        Assert.Contains("Permission denied (publickey)", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_host_key_is_refused_without_a_question()
    {
        await Sh($"echo '[localhost]:{_request.Port} {new Ed25519KeyGenerator().Make().Host.PublicKey}' > {_request.Directory}/known_hosts");
        var (code, _, error) = await SshAsync("id");
        Assert.Equal(255, code);
        Assert.Contains("Host key verification failed", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_configuration_means_what_it_says()
    {
        var settings = (await Sh($"ssh -G -F {_request.Directory}/ssh_config localhost")).Split('\n');
        Assert.Superset(
            new HashSet<string>
            {
                $"port {_request.Port}", "user hpcuser", "identitiesonly yes", "stricthostkeychecking true", "forwardx11 no", "batchmode yes",
                $"userknownhostsfile {_request.Directory}/known_hosts", "globalknownhostsfile /dev/null",
            },
            settings.ToHashSet());
    }

    public void Dispose() => _sshd?.Dispose();

    public async Task DisposeAsync()
    {
        if (_sshd is not null)
        {
            _sshd.Kill(entireProcessTree: true);
            await _sshd.WaitForExitAsync();
        }

        Directory.Delete(_run, recursive: true);
    }

    private async Task<(int Code, string Output, string Error)> SshAsync(string command)
    {
        var result = await _node.RunAsync(
            ["ssh", "-F", _request.Directory + "/ssh_config", "localhost", command], default, CancellationToken.None);
        return (result.ExitCode, result.Text, result.Error);
    }

    private async Task<string> Sh(string script)
    {
        var result = await _node.RunAsync(["sh", "-c", script], default, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }
}
