using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Containers;

/// <summary>Containers that the engine holds under labels of each schema, put there without the module.</summary>
[Collection(LabTests.Name)]
public sealed class LabelSchemaTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_job_whose_containers_carry_labels_of_schema_1_is_seen_and_stopped()
    {
        await using var job = new LabJob(_shell, lab, "schema1");
        await RunAsync(lab.Nodes[0], $"pisahpc-{job.Id}-a551e8bc", Recorded(job.Id, "o2wn01", 32));
        await RunAsync(lab.Nodes[1], $"pisahpc-{job.Id}-a551e8bc", Recorded(job.Id, "o2wn02", 24));

        var containers = job.Run("Get-HpcContainer -JobId $JobId").Succeeded().Objects;
        Assert.Equal(
            ["o2wn01 32", "o2wn02 24"], containers.Select(item => $"{((dynamic)item).Node} {((dynamic)item).Slots}").Order());
        dynamic found = job.Run("Get-HpcJob $JobId").Single();
        Assert.Equal(("Running", 56, 22735, "hpcuser"), ((string)found.State, (int)found.TotalSlots, (int)found.Port, (string)found.Owner));

        dynamic one = job.Run("Get-HpcContainer o2wn01 -JobId $JobId | Stop-HpcContainer -GraceSec 0").Single();
        Assert.True((bool)one.Changed);
        dynamic stopped = job.Run("Stop-HpcJob $JobId -GraceSec 0").Single();
        Assert.Equal(("Stopped", true), ((string)stopped.State, (bool)stopped.Changed));
        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    public async Task A_static_environment_s_container_outlives_the_job_of_its_name_and_is_stopped_when_it_is_named()
    {
        await using var job = new LabJob(_shell, lab, "static");
        var name = $"pisahpc-static-{job.Id}-0123abcd";
        await RunAsync(lab.Nodes[0], name, $"pisahpc.schema=2 pisahpc.static={job.Id} pisahpc.node=o2wn01 pisahpc.owner=hpcuser");

        job.Run("Get-HpcJob $JobId").Failed("JobNotFound");
        dynamic untouched = job.Run("Stop-HpcJob $JobId -GraceSec 0").Single();
        Assert.False((bool)untouched.Changed);

        dynamic stopped = job.Run($"Get-HpcContainer -Name {name} | Stop-HpcContainer -GraceSec 0").Single();
        Assert.Equal((null, job.Id, true), ((string?)stopped.JobId, (string)stopped.Static, (bool)stopped.Changed));
        await lab.AssertNothingLeftAsync(job.Id);
    }

    /// <summary>The labels of a job that an earlier version started on the lab, as docker inspect shows them, but for the job's id.</summary>
    private static string Recorded(string jobId, string node, int slots) =>
        $"pisahpc.attempt=a551e8bc pisahpc.directory=/run/pisahpc/{jobId} pisahpc.environment=debian12 pisahpc.job={jobId} "
        + $"pisahpc.mpi=OpenMpi pisahpc.node={node} pisahpc.nodes=o2wn01*32,o2wn02*24 pisahpc.owner=hpcuser pisahpc.port=22735 "
        + "pisahpc.port-area=/var/lib/pisahpc-lab/shared/ports pisahpc.queue=hpc pisahpc.ready-timeout=60 pisahpc.scheduler=Manual "
        + $"pisahpc.schema=1 pisahpc.slots={slots}";

    /// <param name="node">The node.</param>
    /// <param name="name">The container's name.</param>
    /// <param name="labels">Its labels; a comma in a value stands for a blank.</param>
    private static async Task RunAsync(LabNode node, string name, string labels) => (await node.DockerAsync(
    [
        "run", "--detach", "--init", "--name", name, .. labels.Split(' ').SelectMany(label => new[] { "--label", label.Replace(',', ' ') }),
        "registry.lab:5000/pisa/tiny:1", "sleep", "1000",
    ])).EndedWith(0);
}
