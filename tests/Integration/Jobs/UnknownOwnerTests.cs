using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>A job whose owner is described in full and whom no node's name service knows: his container has accounts of its own.</summary>
[Collection(LabTests.Name)]
public sealed class UnknownOwnerTests(LabFixture lab) : IDisposable
{
    private const string Owner = "stranger:31001:31001,31002";
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task His_ranks_run_on_both_nodes_with_all_his_groups_and_the_node_s_accounts_stay_as_they_are()
    {
        var before = await AccountsAsync();
        Assert.DoesNotContain(before, text => text.Contains("31001", StringComparison.Ordinal));
        await using var job = new LabJob(_shell, lab, "stranger");
        job.Run("$allocation | Start-HpcJob -Environment debian12 -ShmSize 1g", Owner).Succeeded();

        var run = job.Run("Invoke-ContainerMpi -JobId $JobId -Command /opt/pisahpc-lab/bin/mpi-hello-openmpi -Rank 34 -TimeoutSec 90", Owner).Succeeded();
        var said = run.Objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null).ToArray();
        Assert.Equal(Enumerable.Range(0, 34), said.Select(line => (int)line.Rank).Order());
        Assert.All(said, line => Assert.Contains("uid=31001 gid=31001 groups=31001,31002", (string)line.Text, StringComparison.Ordinal));
        Assert.Equal(["o2wn01", "o2wn02"], said.Select(line => (string)line.Node).Distinct().Order());
        Assert.Equal(before, await AccountsAsync());
    }

    [Fact]
    public async Task A_root_who_keeps_his_files_to_himself_logs_him_in_too()
    {
        await using var job = new LabJob(_shell, lab, "stranger");
        job.Run("$allocation | Start-HpcJob -Environment tiny", Owner).Succeeded();
        var login = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", "PisaHpc", "Access", "Ssh", "job-login.sh"));
        var node = lab.Nodes[0];

        var said = await node.RunAsync("sh", "-c", $"umask 077\n{login}job_login /run/pisahpc/{job.Id} {node.Name} id -u");

        Assert.Equal("31001", said.EndedWith(0).Output.Trim());
    }

    [Theory]
    [InlineData("stranger:3221226001:5001", "user id 3221226001")]
    [InlineData("stranger:5001:5001,2147483648", "group id 2147483648")]
    public async Task An_id_that_no_engine_takes_is_refused_where_the_owner_is_read(string owner, string id)
    {
        await using var job = new LabJob(_shell, lab, "stranger");
        var failure = job.Run("$allocation", owner).Failed("InvalidValue").ToString();
        Assert.Contains(id, failure, StringComparison.Ordinal);
        Assert.Contains("2147483647", failure, StringComparison.Ordinal);
    }

    private async Task<string[]> AccountsAsync()
    {
        var files = new List<string>();
        foreach (var node in lab.Nodes.Take(2))
        {
            files.Add((await node.RunAsync(["cat", "/etc/passwd"])).EndedWith(0).Output);
        }

        return [.. files];
    }
}
