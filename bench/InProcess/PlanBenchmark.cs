using System.Diagnostics;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Bench;

/// <summary>
/// A plan from the batch system's list of nodes on: the names, a container for each, the job's files and its slots in one word. The nodes
/// have answered already.
/// </summary>
[MemoryDiagnoser]
public class PlanBenchmark
{
    private string _list = "";
    private AllocationSurvey _survey = null!;
    private PlannedImage _image = null!;

    [Params(1_000, 10_000)]
    public int Nodes { get; set; }

    [GlobalSetup]
    public void LookAtNodes()
    {
        _list = SampleJob.NodeList(Nodes);
        var held = FakeImageStore.Image("registry.lab:5000/pisa/hpc", FakeImageStore.Digest('a'), SampleJob.Image);
        var names = SampleJob.Allocation(_list).Nodes.Select(node => node.Name).ToList();
        var images = names.ToDictionary(name => name, _ => (StoredImage?)held);
        _survey = new AllocationSurvey(names.ToDictionary(name => name, Facts), images);
        _image = PlannedImage.Agree(SampleJob.Image, images);
    }

    /// <summary>What there is when it is made: the plans and the job's files, for as long as a start takes.</summary>
    [Benchmark]
    public object Plan()
    {
        var allocation = SampleJob.Allocation(_list);
        var request = SampleJob.Request(allocation);
        var ssh = new JobSshRequest { Allocation = allocation, Port = 22042, Directory = request.Directory, Keys = SampleJob.Keys };
        var planner = new AllocationPlanner(new FakeCluster().Cluster, request.Containers);
        var plans = planner.Plan(_survey, _image, JobSshSetup.Predict(ssh));
        return (plans, JobSshFiles.For(ssh), SlotMap.Format(allocation.Nodes));
    }

    /// <summary>Measures it in this process, and writes what each number of nodes took.</summary>
    public static void Run()
    {
        Console.WriteLine(JsonSerializer.Serialize(BenchmarkRun.Of<PlanBenchmark>(warmUps: 2).Select(report => new
        {
            nodes = (int)report.BenchmarkCase.Parameters["Nodes"],
            seconds = report.Seconds(),
            allocated = report.Allocated(),
        })));
    }

    /// <summary>
    /// Makes one plan, in a process that makes no other, and writes the bytes that the process had in memory before, and at most; and what
    /// is left of it when the collector has been through.
    /// </summary>
    public static void RunOnce(int nodes)
    {
        var one = new PlanBenchmark { Nodes = nodes };
        one.LookAtNodes();
        var alive = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        var before = process.WorkingSet64;
        var plan = one.Plan();
        process.Refresh();
        var peak = process.PeakWorkingSet64;
        var held = GC.GetTotalMemory(forceFullCollection: true) - alive;
        GC.KeepAlive(plan);
        Console.WriteLine(JsonSerializer.Serialize(new { nodes, before, peak, held }));
    }

    private static NodeFacts Facts(string node) => new()
    {
        Node = node,
        Cpus = 64,
        MissingPaths = new HashSet<string>(),
        ListeningPorts = new HashSet<int>(),
        Devices = [Adapter(node, 0), Adapter(node, 1)],
    };

    private static IbDevice Adapter(string node, int number) => new()
    {
        Node = node,
        Name = $"mlx5_{number}",
        Port = 1,
        State = "ACTIVE",
        LinkLayer = "InfiniBand",
        Uverbs = $"/dev/infiniband/uverbs{number}",
        Umad = $"/dev/infiniband/umad{number}",
        Issm = $"/dev/infiniband/issm{number}",
        RdmaCm = "/dev/infiniband/rdma_cm",
    };
}
