using PisaHpc.Access.Ssh;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>The login by which a command is run in a job's container, in the hands of the real ssh and sshd.</summary>
public sealed class JobLoginTests : IAsyncLifetime
{
    private JobSshd _job = null!;

    public async Task InitializeAsync() => _job = await JobSshd.StartAsync();

    public async Task DisposeAsync() => await _job.DisposeAsync();

    [Fact]
    public async Task It_takes_a_quick_key_exchange_and_the_agent_program_s_relay()
    {
        // A way that leads nowhere: it is the relay that counts.
        await PrependAsync("LogLevel DEBUG1\nProxyCommand false\n");
        var (code, output, error) = await LoginAsync(Checkout.PathOf("out", "native"));
        Assert.Equal((0, "through"), (code, output));
        Assert.Contains("kex: algorithm: curve25519-sha256", error, StringComparison.Ordinal);
    }

    /// <summary>As where a container was made before an update.</summary>
    [Fact]
    public async Task A_program_that_has_no_relay_is_done_without()
    {
        var directory = ForTheOwner();
        ProgramFile.Write($"{directory}/pisahpc-run", """
            #!/bin/sh
            exit 64
            """);
        var (code, output, _) = await LoginAsync(directory);
        Assert.Equal((0, "through"), (code, output));
    }

    /// <summary>As where a policy of the node's forbids the exchange, or ssh is older than its name.</summary>
    [Fact]
    public async Task A_client_that_may_not_take_the_exchange_takes_its_own()
    {
        var directory = ForTheOwner();
        ProgramFile.Write($"{directory}/ssh", """
            #!/bin/sh
            case $* in *KexAlgorithms*) echo "command-line: line 0: Bad SSH2 KexAlgorithms" >&2; exit 255 ;; esac
            PATH=${PATH#*:}
            exec ssh "$@"
            """);
        var (code, output, error) = await LoginAsync(program: null, "env", $"PATH={directory}:{Environment.GetEnvironmentVariable("PATH")}");
        Assert.Equal((0, "through"), (code, output));
        Assert.DoesNotContain("KexAlgorithms", error, StringComparison.Ordinal);
    }

    /// <summary>A directory that the job's owner may read; it goes with the job's.</summary>
    private string ForTheOwner() => Directory.CreateDirectory($"{_job.RunDirectory}/programs").FullName;

    private async Task PrependAsync(string settings)
    {
        var config = $"{_job.Request.Directory}/ssh_config";
        await File.WriteAllTextAsync(config, settings + await File.ReadAllTextAsync(config));
    }

    private async Task<(int Code, string Output, string Error)> LoginAsync(string? program, params string[] before)
    {
        var login = JobLogin.Command(_job.Request.Directory, "localhost", ["printf", "through"], program);
        var result = await _job.Node.RunAsync([.. before, .. login], default, CancellationToken.None);
        return (result.ExitCode, result.Text, result.Error);
    }
}
