using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using PisaHpc.Access.Ssh;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Jobs;
using PisaHpc.Ports;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Bench;

/// <summary>A job on simulated nodes: what the caller takes of time, CPU and memory for it.</summary>
internal static class ScaleRun
{
    /// <summary>From nothing to ready, and away again.</summary>
    public static async Task StartAsync(int nodes, NodeModel model)
    {
        var allocation = SampleJob.Allocation(SampleJob.NodeList(nodes));
        var (simulated, engines) = Make(allocation.Nodes.Select(node => node.Name).ToList(), model);
        using var held = simulated;
        var cluster = ClusterOf(simulated, engines, model) with { Failed = FakeCluster.Unexpected };
        var directory = Directory.CreateTempSubdirectory("pisahpc-bench-").FullName;
        try
        {
            File.WriteAllText($"{directory}/22042", "");
            var ports = new PortArea(directory);
            var request = SampleJob.Request(allocation);
            HpcJob? job = null;
            var start = await MeasureAsync(() => new JobStarter(cluster, new FixedKeys(), ports).StartAsync(
                request,
                started =>
                {
                    job = started;
                    return Task.CompletedTask;
                },
                CancellationToken.None));
            var commands = simulated.Commands;
            var requests = engines.Calls.Count(call => call.Step != FakeStep.ConnectEngine);
            var stop = await MeasureAsync(() => new JobStopper(cluster, ports).StopAsync(
                new JobStopRequest { Job = job!, RunDirectory = "/run/pisahpc", Grace = TimeSpan.Zero }, _ => { }, CancellationToken.None));
            Write(new { nodes, start, stop, commands = (double)commands / nodes, requests = (double)requests / nodes });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>A look at nodes of which some fail, are slow, or say nothing: the others are looked at all the same.</summary>
    public static async Task SurveyAsync(int nodes, NodeModel model)
    {
        var allocation = SampleJob.Allocation(SampleJob.NodeList(nodes));
        var (simulated, engines) = Make(allocation.Nodes.Select(node => node.Name).ToList(), model);
        using var held = simulated;
        var failed = new ConcurrentQueue<NodeFailure>();
        var cluster = ClusterOf(simulated, engines, model) with { Failed = failed.Enqueue };
        AllocationSurvey? survey = null;
        var look = await MeasureAsync(async () => survey = await new AllocationPlanner(cluster, SampleJob.Request(allocation).Containers)
            .SurveyAsync((_, _) => Task.CompletedTask, CancellationToken.None));
        Write(new { nodes, look, answered = survey!.Facts.Count, failed = failed.Count, faulty = simulated.Faults.Count });
    }

    private static Cluster ClusterOf(SimulatedNodes simulated, FakeCluster engines, NodeModel model) =>
        new(simulated, engines, FakeCluster.Unexpected)
        {
            Throttle = model.Throttle,
            NodeTimeout = TimeSpan.FromSeconds(model.Limit),
        };

    private static (SimulatedNodes Nodes, FakeCluster Engines) Make(IReadOnlyList<string> names, NodeModel model)
    {
        var engines = new FakeCluster();
        var faulty = names.Index().Where(node => model.Faulty > 0 && node.Index % model.Faulty == model.Faulty / 2);
        var simulated = new SimulatedNodes(model)
        {
            CpusOf = node => engines.EngineOf(node).Created.Last().Cpus ?? 0,
            Faults = faulty.Index().ToDictionary(fault => fault.Item.Item, fault => fault.Index % 3),
        };
        var image = FakeImageStore.Image("registry.lab:5000/pisa/hpc", FakeImageStore.Digest('a'), SampleJob.Image);
        foreach (var name in names)
        {
            engines.EngineOf(name).Store.Add(image);
            engines.Before(name, FakeStep.Start, stopping => simulated.PassAsync(name, model.Start, stopping));
            engines.Before(name, FakeStep.Remove, stopping => simulated.PassAsync(name, model.Remove, stopping));
        }

        return (simulated, engines);
    }

    private static async Task<object> MeasureAsync(Func<Task> work)
    {
        using var process = Process.GetCurrentProcess();
        var (cpu, bytes, clock) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes(precise: true), Stopwatch.StartNew());
        await work();
        var seconds = clock.Elapsed.TotalSeconds;
        process.Refresh();
        return new
        {
            seconds,
            cpu = (process.TotalProcessorTime - cpu).TotalSeconds,
            allocated = GC.GetTotalAllocatedBytes(precise: true) - bytes,
            peak = process.PeakWorkingSet64,
        };
    }

    private static void Write(object result) => Console.WriteLine(JsonSerializer.Serialize(result));

    private sealed class FixedKeys : IJobKeyGenerator
    {
        public JobKeys Make() => SampleJob.Keys;

        public JobKeyPair? Read(string privateKey) => null;
    }
}
