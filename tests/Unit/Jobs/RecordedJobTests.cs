using PisaHpc.Containers;
using PisaHpc.Jobs;
using PisaHpc.Mpi;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs;

/// <summary>A job that an earlier version started is everybody's still: its containers carry labels of schema 1.</summary>
public sealed class RecordedJobTests : IDisposable
{
    private readonly JobCluster _cluster = new();

    public RecordedJobTests()
    {
        _cluster.Nodes.EngineOf("o2wn01").Add(RecordedContainers.First);
        _cluster.Nodes.EngineOf("o2wn02").Add(RecordedContainers.Second);
    }

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task Its_containers_are_listed_with_all_that_their_labels_say()
    {
        var found = Assert.Single(await _cluster.Nodes.EngineOf("o2wn02").ListAsync(ContainerLabels.FilterOfAll(), CancellationToken.None));
        Assert.Equal(
            new HpcContainer
            {
                Node = "o2wn02",
                JobId = "recorded-4711",
                Name = "pisahpc-recorded-4711-a551e8bc",
                Id = "4a",
                State = "Running",
                Environment = "debian12",
                Image = "registry.lab:5000/pisa/hpc:deb12",
                ImageDigest = "sha256:918db1875d83799515b1d157d39dc05bf3a026bc0773fc118f19e9f08c2051e5",
                Owner = "hpcuser",
                Slots = 24,
                Port = 22735,
                Directory = "/run/pisahpc/recorded-4711",
                ReadyTimeoutSec = 60,
                CreatedAt = DateTimeOffset.UnixEpoch,
            },
            ContainerLabels.ToHpcContainer("o2wn02", found));
    }

    [Theory]
    [InlineData(RecordedContainers.JobId)]
    [InlineData(null)]
    public async Task It_is_found_by_its_id_and_among_all_jobs(string? jobId)
    {
        var job = await FindAsync(jobId);
        Assert.Equal(("recorded-4711", "Running", "debian12", "hpcuser"), (job.JobId, job.State, job.Environment, job.Owner));
        Assert.Equal(("registry.lab:5000/pisa/hpc:deb12", 22735, "/run/pisahpc/recorded-4711"), (job.Image, job.Port, job.Directory));
        Assert.Equal([("o2wn01", 32, "Running"), ("o2wn02", 24, "Running")], job.Nodes.Select(node => (node.Name, node.Slots, node.State)));
    }

    [Fact]
    public async Task It_is_stopped_and_leaves_nothing()
    {
        _cluster.Ports.Area.Lease(TestArea.Request(RecordedContainers.JobId) with { Nodes = "o2wn01*32 o2wn02*24" });
        var request = new JobStopRequest { Job = await FindAsync(RecordedContainers.JobId), RunDirectory = "/run/pisahpc" };

        var stopped = await _cluster.Stopper.StopAsync(request, FakeCluster.Unexpected, CancellationToken.None);

        Assert.Equal(("Stopped", true), (stopped.State, stopped.Changed));
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task Its_containers_are_stopped_one_by_one()
    {
        var engine = _cluster.Nodes.EngineOf("o2wn01");
        var container = ContainerLabels.ToHpcContainer("o2wn01", RecordedContainers.First);

        Assert.True((await ContainerStopper.StopAsync(engine, container, TimeSpan.Zero, CancellationToken.None)).Changed);
        Assert.Empty(engine.Containers);
    }

    [Fact]
    public async Task MPI_finds_its_nodes_and_launcher()
    {
        var job = await MpiJob.FindAsync(_cluster.Nodes.Cluster, RecordedContainers.JobId, "o2wn01", CancellationToken.None);
        Assert.Equal(("/run/pisahpc/recorded-4711", PisaHpc.Sites.MpiFlavour.OpenMpi), (job.Access.Directory, job.Flavour));
        Assert.Equal([("o2wn01", 32), ("o2wn02", 24)], job.Nodes.Select(node => (node.Name, node.Slots)));
    }

    private async Task<HpcJob> FindAsync(string? jobId) =>
        Assert.Single(await _cluster.Finder.FindAsync(jobId is null ? null : [jobId], JobCluster.NodeNames, CancellationToken.None));
}
