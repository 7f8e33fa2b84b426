using PisaHpc.Nodes;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>The login by which a container shows that it is ready, in the hands of the real ssh and sshd.</summary>
public sealed class ReadinessLoginTests : IAsyncLifetime
{
    private static readonly NodeScript Script = NodeScript.Of("Access/Ssh/readiness.sh");

    private JobSshd _job = null!;

    public async Task InitializeAsync() => _job = await JobSshd.StartAsync();

    public async Task DisposeAsync() => await _job.DisposeAsync();

    [Fact]
    public async Task It_takes_a_quick_key_exchange()
    {
        // What ssh says is shown where the login fails: here the first line of a configuration that lets it go no further.
        var config = $"{_job.Request.Directory}/ssh_config";
        await File.WriteAllTextAsync(config, "LogLevel DEBUG1\nPreferredAuthentications none\n" + await File.ReadAllTextAsync(config));
        var (code, output, error) = await LoginAsync(_job.Node, config);
        Assert.True(code == 1, error);
        Assert.Contains("kex: algorithm: curve25519-sha256", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_works()
    {
        var (code, output, error) = await LoginAsync(_job.Node, $"{_job.Request.Directory}/ssh_config");
        Assert.True(code == 0, output + error);
    }

    /// <summary>As where a policy of the node's forbids the exchange.</summary>
    [Fact]
    public async Task A_client_that_may_not_take_it_is_asked_without()
    {
        var directory = Directory.CreateTempSubdirectory("pisahpc-client-").FullName;
        ProgramFile.Write($"{directory}/ssh", """
            #!/bin/sh
            [ "$1" != -Q ] || { echo sntrup761x25519-sha512@openssh.com; exit 0; }
            case $* in *KexAlgorithms*) echo "command-line: line 0: Bad SSH2 KexAlgorithms" >&2; exit 255 ;; esac
            echo "$*" >>"${0%/*}/asked"
            """);
        await File.WriteAllTextAsync($"{directory}/ssh_config", "");

        string[] client = ["env", $"PATH={directory}:{Environment.GetEnvironmentVariable("PATH")}"];
        var result = await _job.Node.RunAsync(
            [.. client, .. Script.Command("5", $"{directory}/ssh_config", "localhost")], default, CancellationToken.None);

        Assert.True(result.ExitCode == 0, result.Text + result.Error);
        Assert.Single(await File.ReadAllLinesAsync($"{directory}/asked"));
        Directory.Delete(directory, recursive: true);
    }

    private static async Task<(int Code, string Output, string Error)> LoginAsync(LocalShell node, string config)
    {
        var result = await node.RunAsync(Script.Command("1", config, "localhost"), default, CancellationToken.None);
        return (result.ExitCode, result.Text, result.Error);
    }
}
