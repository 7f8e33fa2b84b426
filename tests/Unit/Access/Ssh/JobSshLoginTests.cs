using PisaHpc.Adapters.Ssh;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>The files in the hands of the real ssh and sshd.</summary>
public sealed class JobSshLoginTests : IAsyncLifetime
{
    private JobSshd _job = null!;

    public async Task InitializeAsync() => _job = await JobSshd.StartAsync();

    public async Task DisposeAsync() => await _job.DisposeAsync();

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
        await Sh($"ssh-keygen -q -t ed25519 -N '' -f {_job.RunDirectory}/other && sed -i s,{_job.Request.Directory}/id_ed25519,{_job.RunDirectory}/other, {_job.Request.Directory}/ssh_config");
        var (code, _, error) = await SshAsync("id");
        Assert.Equal(255, code);
        Assert.Contains("Permission denied (publickey)", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_host_key_is_refused_without_a_question()
    {
        await Sh($"echo '[localhost]:{_job.Request.Port} {new Ed25519KeyGenerator().Make().Host.PublicKey}' > {_job.Request.Directory}/known_hosts");
        var (code, _, error) = await SshAsync("id");
        Assert.Equal(255, code);
        Assert.Contains("Host key verification failed", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_configuration_means_what_it_says()
    {
        var settings = (await Sh($"ssh -G -F {_job.Request.Directory}/ssh_config localhost")).Split('\n');
        Assert.Superset(
            new HashSet<string>
            {
                $"port {_job.Request.Port}", "user hpcuser", "identitiesonly yes", "stricthostkeychecking true", "forwardx11 no", "batchmode yes",
                $"userknownhostsfile {_job.Request.Directory}/known_hosts", "globalknownhostsfile /dev/null",
            },
            settings.ToHashSet());
    }

    private async Task<(int Code, string Output, string Error)> SshAsync(string command)
    {
        var result = await _job.Node.RunAsync(
            ["ssh", "-F", _job.Request.Directory + "/ssh_config", "localhost", command], default, CancellationToken.None);
        return (result.ExitCode, result.Text, result.Error);
    }

    private async Task<string> Sh(string script)
    {
        var result = await _job.Node.RunAsync(["sh", "-c", script], default, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }
}
