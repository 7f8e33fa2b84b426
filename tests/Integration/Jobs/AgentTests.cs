using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>The agent in a job's containers: the job's user gets in from the node as himself, and nobody else does.</summary>
[Collection(LabTests.Name)]
public sealed class AgentTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_jobs_user_starts_programs_in_each_container_from_its_node_without_root()
    {
        await using var job = new LabJob(_shell, lab, "agent");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();

        foreach (var node in lab.Nodes.Take(2))
        {
            var id = (await AsAsync(node, job, 4001, "--cd", "/tmp", "--", "sh", "-c", "id; pwd; hostname; echo $HOME; exit 7")).EndedWith(7);
            Assert.Contains("uid=4001(hpcuser) gid=4001", id.Output, StringComparison.Ordinal);
            Assert.Contains("5001", id.Lines[0], StringComparison.Ordinal);
            Assert.Contains("5002", id.Lines[0], StringComparison.Ordinal);
            Assert.Equal(["/tmp", node.Name], id.Lines.Skip(1).Take(2));
            Assert.EndsWith("/home/hpcuser", id.Lines[3], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Another_user_and_root_do_not_get_in()
    {
        await using var job = new LabJob(_shell, lab, "strangers");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        var stranger = await AsAsync(lab.Nodes[0], job, 4002, "--", "id");
        Assert.Contains("Permission denied", stranger.EndedWith(78).Error, StringComparison.Ordinal);
        var root = await AsAsync(lab.Nodes[0], job, 0, "--", "id");
        Assert.Contains("is another user's", root.EndedWith(78).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_client_takes_its_program_in_the_container_along()
    {
        await using var job = new LabJob(_shell, lab, "killed");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        var node = lab.Nodes[0];
        var run = AsAsync(node, job, 4001, "--cd", "/", "--", "sh", "-c", "echo ready; exec sleep 7777");
        await UntilAsync(async () => (await TopAsync(node, job)).Contains("sleep 7777", StringComparison.Ordinal));
        using (var client = System.Diagnostics.Process.GetProcessById(ClientOf(job)))
        {
            client.Kill();
        }

        await UntilAsync(async () => !(await TopAsync(node, job)).Contains("sleep 7777", StringComparison.Ordinal));
        (await run).EndedWith(137);
    }

    [Fact]
    public async Task An_environment_may_be_entered_by_the_agent_alone()
    {
        await using var job = new LabJob(_shell, lab, "alone");
        var site = LabSite.Of(lab)
            .WithEnvironments("alone: { image: pisa/tiny:1, access: agent, userVariables: { SECRET_*: drop, SECRET_OK: keep } }")
            .WriteTo(Path.Combine(lab.State.Shared, $"agent-{Guid.NewGuid():N}.yaml"));
        try
        {
            job.Run($"$allocation | Start-HpcJob -Environment alone -Site {site}").Succeeded();
            var node = lab.Nodes[1];
            Assert.Equal("uid=4001", (await AsAsync(node, job, 4001, "--cd", "/", "--", "id")).EndedWith(0).Output[..8]);
            Assert.DoesNotContain("sshd", await TopAsync(node, job), StringComparison.Ordinal);
            job.Run("Invoke-ContainerMpi -JobId $JobId -Command hostname").Failed("SshAccessMissing");
            var kept = await AsAsync(node, job, 4001, ["--cd", "/", "--", "env"], "SECRET_A=1", "SECRET_OK=1", "OTHER=1");
            Assert.Equal(["OTHER=1", "SECRET_OK=1"], kept.EndedWith(0).Lines.Where(line => line.EndsWith("=1", StringComparison.Ordinal)).Order());
        }
        finally
        {
            File.Delete(site);
        }
    }

    [Fact]
    public async Task A_command_runs_in_a_jobs_container_with_its_output_and_its_exit_code()
    {
        await using var job = new LabJob(_shell, lab, "invoke");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();

        var run = job.Run("Invoke-HpcJob $JobId sh '-c', 'id -u; echo to stderr >&2; pwd' -WorkingDirectory /tmp").Succeeded();
        Assert.Equal(
            ["o2wn01 stderr to stderr", "o2wn01 stdout /tmp", "o2wn01 stdout 4001"],
            run.Objects.SkipLast(1).Select(line => (dynamic)line).Select(line => $"{line.Node} {line.Stream} {line.Text}").Order());
        Assert.Equal((0, "o2wn01", true), ((int)((dynamic)run.Objects[^1]).ExitCode, (string)((dynamic)run.Objects[^1]).Node, (bool)((dynamic)run.Objects[^1]).Succeeded));

        dynamic second = job.Run("Get-HpcJob $JobId | Invoke-HpcJob -Command hostname -Node o2wn02 -WorkingDirectory /").Succeeded().Objects[0];
        Assert.Equal("o2wn02", (string)second.Text);
    }

    [Theory]
    [InlineData("Invoke-HpcJob $JobId sh '-c', 'exit 9' -WorkingDirectory / -Quiet", "CommandFailed", "ended on o2wn01 with exit code 9.")]
    [InlineData("Invoke-HpcJob $JobId nonesuch -WorkingDirectory / -Quiet", "CommandFailed", "127 (nonesuch: No such file or directory).")]
    [InlineData("Invoke-HpcJob $JobId id -WorkingDirectory /none -Quiet", "CommandFailed", "78 (the working directory in the container, /none: No such file")]
    [InlineData("Invoke-HpcJob $JobId id -Node o2wn99 -Quiet", "NodeUnreachable", "o2wn99")]
    [InlineData("Invoke-HpcJob no-such-job id -Quiet", "JobNotFound", "no-such-job")]
    [InlineData("Invoke-HpcJob $JobId sleep 7778 -WorkingDirectory / -TimeoutSec 2 -Quiet", "NodeTimeout", "did not end on o2wn01 within 2 s")]
    public async Task What_fails_is_an_error_with_a_name(string script, string id, string words)
    {
        await using var job = new LabJob(_shell, lab, "invokes");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        Assert.Contains(words, job.Run(script).Failed(id).ToString(), StringComparison.Ordinal);
        await UntilAsync(async () => !(await TopAsync(lab.Nodes[0], job)).Contains("sleep 7778", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_ends_the_command_in_the_container()
    {
        await using var job = new LabJob(_shell, lab, "stopped");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        using var stop = new CancellationTokenSource();
        var run = job.RunAsync("Invoke-HpcJob $JobId sleep 7779 -WorkingDirectory /", stop.Token);
        await UntilAsync(async () => (await TopAsync(lab.Nodes[0], job)).Contains("sleep 7779", StringComparison.Ordinal));
        await stop.CancelAsync();
        Assert.True((await run).Stopped);
        await UntilAsync(async () => !(await TopAsync(lab.Nodes[0], job)).Contains("sleep 7779", StringComparison.Ordinal));
    }

    /// <summary>Runs the client on a node as some user, as a batch system's job would.</summary>
    private static Task<ProcessResult> AsAsync(LabNode node, LabJob job, int uid, params string[] arguments) => AsAsync(node, job, uid, arguments, []);

    private static async Task<ProcessResult> AsAsync(LabNode node, LabJob job, int uid, string[] arguments, params string[] variables)
    {
        var container = Assert.Single(await job.ContainersAsync(node));
        var program = await node.DockerAsync("inspect", "--format", "{{index .Config.Labels \"pisahpc.agent\"}}", container);
        return await node.RunAsync(
        [
            "setpriv", "--reuid", $"{uid}", "--regid", $"{uid}", "--clear-groups", "env", "-i", "HOME=/root", .. variables,
            $"{program.EndedWith(0).Output.Trim()}/pisahpc-run", "--socket", $"/run/pisahpc/{job.Id}/agent/socket", .. arguments,
        ]);
    }

    // The nodes' processes are seen here as this machine's own.
    private static int ClientOf(LabJob job) => Assert.Single(
        from path in Directory.EnumerateDirectories("/proc")
        where int.TryParse(Path.GetFileName(path), out _)
        where Arguments(path) is [var program, "--socket", var socket, ..]
            && program.EndsWith("/pisahpc-run", StringComparison.Ordinal) && socket == $"/run/pisahpc/{job.Id}/agent/socket"
        select int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture));

    private static string[] Arguments(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static async Task<string> TopAsync(LabNode node, LabJob job) =>
        (await node.DockerAsync("top", Assert.Single(await job.ContainersAsync(node)), "-eo", "pid,args")).EndedWith(0).Output;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(60), "It does not come to that.");
            await Task.Delay(50);
        }
    }
}
