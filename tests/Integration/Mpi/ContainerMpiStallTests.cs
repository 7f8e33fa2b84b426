using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Mpi;

/// <summary>A launch that does not get on says so after half a minute, and why. The warning is made to end the run.</summary>
[Collection(LabTests.Name)]
public sealed class ContainerMpiStallTests(MpiJobFixture job) : IClassFixture<MpiJobFixture>
{
    private const int First = 0;
    private const int Second = 1;

    [Fact]
    public async Task A_node_where_the_launcher_s_daemon_hangs_is_named()
    {
        await using var orted = await StandIn.PutAsync(job, Second, "/usr/bin/orted", "exec sleep 300");
        await using var proxy = await StandIn.PutAsync(job, Second, "/usr/bin/hydra_pmi_proxy", "exec sleep 300");
        using var mpich = new HostedRunspace();
        var ofMpich = Task.Run(() => Warning(mpich, "-Flavour Mpich"));
        var ofOpenMpi = Warning(job.Shell);

        Assert.Contains("no rank started within", ofOpenMpi, StringComparison.Ordinal);
        Assert.Contains("only 32 of 56 ranks started within", await ofMpich, StringComparison.Ordinal);
        Assert.All([ofOpenMpi, await ofMpich], said => Assert.Contains(
            "waits for o2wn02: its ssh to there stands, and another login is answered", said, StringComparison.Ordinal));
        await job.QuietAsync();
    }

    [Fact]
    public async Task A_launcher_that_spins_is_busy()
    {
        const string Spin = """[ "$1" != --version ] || exec /usr/bin/mpirun.openmpi --version; while :; do :; done""";
        await using var standIn = await StandIn.PutAsync(job, First, "/usr/local/bin/mpirun.openmpi", Spin);
        var said = Warning(job.Shell);

        Assert.Contains("no rank started within", said, StringComparison.Ordinal);
        Assert.Contains("/usr/local/bin/mpirun.openmpi (process ", said, StringComparison.Ordinal);
        Assert.Contains("on o2wn01 is busy: it has used", said, StringComparison.Ordinal);
        await job.QuietAsync();
    }

    private string Warning(HostedRunspace shell, string flavour = "")
    {
        var script = $"param($JobId) Invoke-ContainerMpi -JobId $JobId {flavour} -Command hostname -Quiet -WarningAction Stop";
        return shell.Run(script, new { job.JobId }).Failed("ActionPreferenceStop").ToString();
    }

    /// <summary>A script in the place of a container's program, which comes back.</summary>
    private sealed class StandIn(MpiJobFixture job, int node, string path) : IAsyncDisposable
    {
        public static async Task<StandIn> PutAsync(MpiJobFixture job, int node, string path, string script)
        {
            const string Put = """[ ! -e "$1" ] || mv "$1" "$1.real"; printf '#!/bin/sh\n%s\n' "$2" >"$1"; chmod 755 "$1" """;
            (await job.AsRootInContainerAsync(node, "sh", "-c", Put, "sh", path, script)).EndedWith(0);
            return new StandIn(job, node, path);
        }

        public async ValueTask DisposeAsync()
        {
            const string Restore = """rm "$1"; [ ! -e "$1.real" ] || mv "$1.real" "$1" """;
            (await job.AsRootInContainerAsync(node, "sh", "-c", Restore, "sh", path)).EndedWith(0);
        }
    }
}
