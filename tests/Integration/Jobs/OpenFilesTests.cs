using System.Globalization;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>
/// How many files the processes of a job may have open, on engines that give a container as many as this machine may give: it cannot be
/// lifted to the 1073741816 of a stock Debian 13, since raising a limit takes CAP_SYS_RESOURCE.
/// </summary>
[Collection(LabTests.Name)]
public sealed class OpenFilesTests(LabFixture lab) : IDisposable
{
    private const string Look = "ulimit -Sn; ulimit -Hn";
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Every_process_of_a_job_has_the_limit_asked_for_and_not_the_engine_s_own()
    {
        var asked = await OfTheEngineAsync() / 2;
        await using var job = new LabJob(_shell, lab, "files");
        job.Run($"$allocation | Start-HpcJob -Environment debian12 -ShmSize 1g -OpenFiles {asked}").Succeeded();

        foreach (var node in lab.Nodes.Take(2))
        {
            var container = Assert.Single(await job.ContainersAsync(node));
            var first = (await node.DockerAsync("exec", container, "cat", "/proc/1/limits")).EndedWith(0).Lines;
            Assert.Equal([$"{asked}", $"{asked}"], Limits(Assert.Single(first, line => line.StartsWith("Max open files", StringComparison.Ordinal))));
            Assert.Equal([$"{asked}", $"{asked}"], (await job.LoginAsync(node, Look)).EndedWith(0).Lines);
        }

        var run = job.Run($"Invoke-ContainerMpi -JobId $JobId -Command sh -ArgumentList '-c', '{Look}' -Rank 34 -TimeoutSec 90").Succeeded();
        var said = run.Objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null).ToArray();
        Assert.Equal(Enumerable.Range(0, 34), said.Select(line => (int)line.Rank).Distinct().Order());
        Assert.All(said, line => Assert.Equal($"{asked}", (string)line.Text));
    }

    [Fact]
    public async Task A_job_for_which_nobody_asks_has_65536_or_all_that_its_node_allows()
    {
        var site = LabSite.Of(lab).ReplacingEach("openFiles: [0-9]+, ", "").WriteTo(Path.GetTempFileName());
        try
        {
            await using var job = new LabJob(_shell, lab, "files");
            job.Run($"$allocation | Start-HpcJob -Environment tiny -Site '{site}'").Succeeded();

            var inside = (await job.LoginAsync(lab.Nodes[0], "ulimit -Sn")).EndedWith(0).Output.Trim();
            Assert.Equal(Math.Min(65536, await AllowedAsync()).ToString(CultureInfo.InvariantCulture), inside);
        }
        finally
        {
            File.Delete(site);
        }
    }

    [Fact]
    public async Task A_number_that_no_kernel_gives_is_refused_with_the_number_that_it_does()
    {
        var most = (await lab.Nodes[0].RunAsync(["cat", "/proc/sys/fs/nr_open"])).EndedWith(0).Output.Trim();
        await using var job = new LabJob(_shell, lab, "files");

        var result = job.Run("$allocation | Start-HpcJob -Environment tiny -OpenFiles 2000000000");

        Assert.Contains("LimitRefused", result.ErrorIds);
        var refused = result.Errors.First(error => error.FullyQualifiedErrorId.StartsWith("LimitRefused", StringComparison.Ordinal));
        Assert.Contains($"refuses limits.openFiles 2000000000: {most} is what its kernel allows", refused.ToString(), StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(job.Id);
    }

    private static string[] Limits(string row) => row["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2];

    /// <summary>What the engine gives a container that asks for nothing.</summary>
    private async Task<long> OfTheEngineAsync() => long.Parse(
        (await lab.Nodes[0].DockerAsync("run", "--rm", "registry.lab:5000/pisa/tiny:1", "sh", "-c", "ulimit -Hn")).EndedWith(0).Output,
        CultureInfo.InvariantCulture);

    /// <summary>What the engine may give: with CAP_SYS_RESOURCE (bit 24 of capabilities(7)) as many as the kernel allows.</summary>
    private async Task<long> AllowedAsync()
    {
        var said = (await lab.Nodes[0].RunAsync(
            ["sh", "-c", "awk '$1 == \"CapEff:\" { print $2 }' /proc/$(cat /run/docker.pid)/status; cat /proc/sys/fs/nr_open"])).EndedWith(0).Lines;
        var mayRaise = (Convert.ToUInt64(said[0], 16) & (1UL << 24)) != 0;
        return mayRaise ? long.Parse(said[1], CultureInfo.InvariantCulture) : await OfTheEngineAsync();
    }
}
