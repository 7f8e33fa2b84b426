using PisaHpc.Access.Ssh;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>Whatever the login shell of the job's user is in the container, what is run there by ssh is the same.</summary>
public sealed class JobLoginShellTests
{
    [Theory]
    [InlineData("/bin/dash")]
    [InlineData("/bin/bsd-csh")]
    [InlineData("/bin/tcsh")]
    [InlineData("/bin/zsh")]
    [InlineData("/usr/bin/fish")]
    public async Task A_login_runs_what_it_is_sent(string shell)
    {
        await using var job = await JobSshd.StartAsync(shell);
        string[] nasty = ["it's", "a!b", "line\nbreak", "\\\\", "$HOME", "", "ü"];
        var login = await job.Node.RunAsync(
            JobLogin.Command(job.Request.Directory, "localhost", ["printf", "%s|", .. nasty]), default, CancellationToken.None);
        Assert.Equal("it's|a!b|line\nbreak|\\\\|$HOME||ü|", login.Text);
        Assert.Equal(0, login.ExitCode);
    }

    [Theory]
    [InlineData("/bin/dash")]
    [InlineData("/bin/bsd-csh")]
    [InlineData("/bin/tcsh")]
    [InlineData("/bin/zsh")]
    [InlineData("/usr/bin/fish")]
    public async Task MPICH_s_launcher_starts_its_proxy_with_the_run_s_mark(string shell)
    {
        await using var job = await JobSshd.StartAsync(shell);

        // Hydra quotes its proxy's path for the shell, and the rest not at all (tools/bootstrap/external/external_common_launch.c).
        var agent = $"PISAHPC_RUN=abc123 exec sh {job.Request.Directory}/{HydraAgent.FileName} localhost '\"/usr/bin/env\"' printenv PISAHPC_RUN";
        var proxy = await job.Node.RunAsync(["sh", "-c", agent], default, CancellationToken.None);
        Assert.Equal(("abc123\n", 0), (proxy.Text, proxy.ExitCode));
    }
}
