using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Mpi;

/// <summary>Ranks that srun starts for the cmdlet in a heterogeneous job: one world over all of its components.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class SrunHeterogeneousTests(LabFixture lab)
{
    [Fact]
    public async Task Ranks_run_in_every_component_and_a_stop_ends_those_that_ignore_TERM()
    {
        using var job = new SrunJobFixture(lab, "--nodelist=o2wn01", "--ntasks=2", ":", "--nodelist=o2wn02", "--ntasks=1");
        await job.InitializeAsync();
        try
        {
            var lines = job.Run("-Command $bin/mpi-hello-openmpi").Succeeded().Objects.SkipLast(1).Select(line => (dynamic)line);
            Assert.Equal(
                Enumerable.Range(0, 3).Select(rank =>
                    (rank, $"rank {rank} of 3 on {(rank < 2 ? "o2wn01" : "o2wn02")} uid=4001 gid=4001 groups=4001,5001,5002 sum=3")),
                lines.Where(line => line.Rank is not null).Select(line => ((int)line.Rank, (string)line.Text)).Order());

            using var stop = new CancellationTokenSource();
            var run = job.RunAsync("-Command sh -ArgumentList '-c', 'trap \"\" TERM; sleep 777.25'", stop.Token);
            await SrunJobFixture.UntilRunAsync("777.25", 3);
            await stop.CancelAsync();
            await run.WaitAsync(TimeSpan.FromSeconds(30));
            await SrunJobFixture.UntilRunAsync("777.25", 0);
        }
        finally
        {
            await job.DisposeAsync();
        }
    }
}
