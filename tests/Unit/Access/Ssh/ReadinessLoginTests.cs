using PisaHpc.Nodes;
using PisaHpc.Unit.Face;

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

    /// <summary>Where there is the program and no agent, it is the agent that is missed, and no login.</summary>
    [Fact]
    public async Task It_works_by_the_agent_program_s_relay()
    {
        var config = $"{_job.Request.Directory}/ssh_config";
        var login = Script.Command("1", config, "localhost", Checkout.PathOf("out", "native"));

        // A way that leads nowhere: it is the relay that counts.
        await File.WriteAllTextAsync(config, "ProxyCommand false\n" + await File.ReadAllTextAsync(config));
        var result = await _job.Node.RunAsync(login, default, CancellationToken.None);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("pisahpc-run: ", result.Text, StringComparison.Ordinal);
        Assert.Contains("agent", result.Text, StringComparison.Ordinal);
    }

    /// <summary>As where a policy of the node's forbids the exchange.</summary>
    [Fact]
    public Task A_client_that_may_not_take_it_is_asked_without() =>
        AssertAskedAgainAsync("KexAlgorithms", "command-line: line 0: Bad SSH2 KexAlgorithms");

    /// <summary>As where a container was made before an update.</summary>
    [Fact]
    public Task A_program_that_has_no_relay_is_done_without() =>
        AssertAskedAgainAsync("ProxyCommand", "usage: pisahpc-run [--socket PATH] PROGRAM");

    /// <summary>A client that refuses an option is asked once more, without it.</summary>
    private async Task AssertAskedAgainAsync(string option, string refusal)
    {
        var directory = Directory.CreateTempSubdirectory("pisahpc-client-").FullName;
        ProgramFile.Write($"{directory}/ssh", $$"""
            #!/bin/sh
            echo "$*" >>"${0%/*}/asked"
            case $* in *{{option}}*) echo "{{refusal}}" >&2; exit 255 ;; esac
            """);
        ProgramFile.Write($"{directory}/pisahpc-run", """
            #!/bin/sh
            exit 0
            """);
        await File.WriteAllTextAsync($"{directory}/ssh_config", "");

        string[] client = ["env", $"PATH={directory}:{Environment.GetEnvironmentVariable("PATH")}"];
        var result = await _job.Node.RunAsync(
            [.. client, .. Script.Command("5", $"{directory}/ssh_config", "localhost", directory)], default, CancellationToken.None);

        Assert.True(result.ExitCode == 0, result.Text + result.Error);
        var asked = await File.ReadAllLinesAsync($"{directory}/asked");
        Assert.Equal([true, false], asked.Select(line => line.Contains(option, StringComparison.Ordinal)));
        Directory.Delete(directory, recursive: true);
    }

    private static async Task<(int Code, string Output, string Error)> LoginAsync(LocalShell node, string config)
    {
        var result = await node.RunAsync(Script.Command("1", config, "localhost"), default, CancellationToken.None);
        return (result.ExitCode, result.Text, result.Error);
    }
}
