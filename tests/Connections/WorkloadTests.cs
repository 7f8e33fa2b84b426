using PisaHpc.Access;
using PisaHpc.Access.Exec;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>Containers that a lab's engine alone gets into, of a job and of a static environment, from their plans to their ends.</summary>
[Trait("Category", "Connections")]
public class WorkloadTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly JobOwner Owner = new()
    {
        Name = "hpcuser",
        Uid = 4001,
        Gid = 4001,
        Groups = [4001, 5001, 5002],
        Home = "/home/hpcuser",
    };

    private readonly string _name = $"workload-{Guid.NewGuid():N}";

    public static TheoryData<WorkloadKind, bool> Kinds => new()
    {
        { WorkloadKind.Job, true },
        { WorkloadKind.StaticEnvironment, true },
        { WorkloadKind.StaticEnvironment, false },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_container_is_started_ready_entered_as_its_user_found_and_stopped(WorkloadKind kind, bool init)
    {
        await using var reach = new Reach(Lab.Access);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var connection = await reach.NodeAsync();
        var engine = await reach.EngineAsync();
        var workload = new WorkloadId(kind, _name);
        var facts = await NodeProbe.ReadAsync(connection, [], limit.Token);

        var started = await ContainerStarter.StartAsync(engine, Plan(workload, facts, init), limit.Token);
        var ready = await ReadinessCheck.WaitAsync(connection, engine, started, TimeSpan.FromSeconds(30), limit.Token);
        Assert.Equal((true, workload.JobId, workload.Static), (ready.Ready, ready.JobId, ready.Static));

        var entry = new ContainerEntry(connection, engine, ready.Id);
        Assert.Equal(
            "4001 4001 4001 5001 5002 /home/hpcuser hpcuser 2\n",
            await OutputAsync(ready, entry, "echo $(id -u) $(id -g) $(id -G | tr ' ' '\\n' | sort) $HOME $USER $OMP_NUM_THREADS", limit.Token));

        // What a command leaves behind becomes the first process's, and would stay a zombie if that did not reap it.
        const string Orphan = "(true &); while grep -qs '^State:.Z' /proc/[0-9]*/status; do sleep 0.05; done; echo reaped";
        Assert.Equal("reaped\n", await OutputAsync(ready, entry, Orphan, limit.Token));

        var listed = Assert.Single(await engine.ListAsync(ContainerLabels.Filter(workload), limit.Token));
        var found = ContainerLabels.ToHpcContainer(Lab.Node, listed);
        Assert.Equal(
            (started.Name, started.Id, started.JobId, started.Static, "Exec", 0),
            (found.Name, found.Id, found.JobId, found.Static, found.Access, found.Port));

        // It ends by itself when it is told to: nothing has to kill it.
        await engine.StopAsync(found.Id, TimeSpan.FromSeconds(50), limit.Token);
        Assert.Equal((ContainerState.Exited, 0), Lab.StateOf(await engine.FindAsync(found.Id, limit.Token)));
        Assert.True((await ContainerStopper.StopAsync(engine, found, TimeSpan.Zero, limit.Token)).Changed);
        Assert.Empty(await engine.ListAsync(ContainerLabels.Filter(workload), limit.Token));
    }

    /// <summary>The plan, with the mark by which this lab removes what a failed test left.</summary>
    private HpcContainerPlan Plan(WorkloadId workload, NodeFacts facts, bool init)
    {
        AllocatedNode node = new(Lab.Node, 1);
        var plan = ContainerPlanner.Plan(new PlanRequest
        {
            Environment = new HpcEnvironment
            {
                Name = "tiny",
                Image = Lab.Image,
                Init = init,
                Variables = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "2" },
                Limits = new ContainerLimits { MemlockBytes = null },
            },
            Workload = new Workload { Id = workload, Owner = Owner, Nodes = [node] },
            Node = node,
            Facts = facts,
            Access = new ExecAccess(),
            Attempt = ContainerNames.NewAttempt(),
        });
        var spec = plan.GetSpec();
        var labels = new Dictionary<string, string>(spec.Labels) { [lab.Mark.Key] = lab.Mark.Value! };
        return new HpcContainerPlan(spec with { Labels = labels }, workload)
        {
            Node = plan.Node,
            Environment = plan.Environment,
            Owner = plan.Owner,
            Slots = plan.Slots,
            Access = plan.Access,
            Port = plan.Port,
            Directory = plan.Directory,
            ReadyTimeoutSec = plan.ReadyTimeoutSec,
            Options = plan.Options,
        };
    }

    private static async Task<string> OutputAsync(HpcContainer container, ContainerEntry entry, string script, CancellationToken stop)
    {
        await using var process = await container.GetAccess().StartAsync(entry, ["sh", "-c", script], stop);
        using var output = new StreamReader(process.Output);
        var text = await output.ReadToEndAsync(stop);
        Assert.Equal(0, await process.WaitAsync(stop));
        return text;
    }
}
