using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime;
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
    /// <summary>
    /// From nothing to ready, and away again. With nodes that fail or say nothing a job does not start: then until it has been said of
    /// which nodes that is, and nothing is left.
    /// </summary>
    public static async Task StartAsync(int nodes, NodeModel model)
    {
        await WarmUpAsync();
        Write(await RunAsync(nodes, model));
    }

    /// <summary>A look at nodes of which some fail, are slow, or say nothing: the others are looked at all the same.</summary>
    public static async Task SurveyAsync(int nodes, NodeModel model)
    {
        await WarmUpAsync();
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

    /// <summary>A caller at a prompt has run such commands before: what is compiled at their first use is no part of any size.</summary>
    private static async Task WarmUpAsync()
    {
        var atOnce = new NodeModel { Limit = 0.1 };
        await RunAsync(10, atOnce with { Limit = 60 });
        await RunAsync(10, atOnce with { Faulty = 3 });
        await RunAsync(10, atOnce with { Faulty = 3, FaultyAt = NodeStep.Start });
    }

    private static async Task<object> RunAsync(int nodes, NodeModel model)
    {
        var allocation = SampleJob.Allocation(SampleJob.NodeList(nodes));
        var (simulated, engines) = Make(allocation.Nodes.Select(node => node.Name).ToList(), model);
        using var held = simulated;
        var cluster = ClusterOf(simulated, engines, model);
        var directory = Directory.CreateTempSubdirectory("pisahpc-bench-").FullName;
        try
        {
            File.WriteAllText($"{directory}/22042", "");
            var ports = new PortArea(directory);
            var (job, failed) = ((HpcJob?)null, 0);
            var start = await MeasureAsync(async () => (job, failed) = await StartAsync(
                new JobStarter(cluster, new FixedKeys(), ports), SampleJob.Request(allocation)));
            var commands = (double)simulated.Commands / nodes;
            var requests = (double)engines.Calls.Count(call => call.Step != FakeStep.ConnectEngine) / nodes;
            var stop = job is null ? null : await MeasureAsync(() => new JobStopper(cluster, ports).StopAsync(
                new JobStopRequest { Job = job, RunDirectory = "/run/pisahpc", Grace = TimeSpan.Zero }, _ => { }, CancellationToken.None));
            var left = allocation.Nodes.Count(
                node => engines.EngineOf(node.Name).Containers.Count > 0 || simulated.HasDirectory(node.Name));
            var leased = ports.Find(allocation.JobId) is not null;
            return new { nodes, start, stop, commands, requests, failed, left, leased, faulty = simulated.Faults.Count };
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The job; or none, and how many nodes its failure names.</summary>
    private static async Task<(HpcJob? Job, int Failed)> StartAsync(JobStarter starter, JobRequest request)
    {
        HpcJob? job = null;
        try
        {
            await starter.StartAsync(
                request,
                started =>
                {
                    job = started;
                    return Task.CompletedTask;
                },
                CancellationToken.None);
            return (job, 0);
        }
        catch (HpcException failure) when (failure.Id is ErrorId.JobNotStarted or ErrorId.JobRolledBack)
        {
            return (null, failure.FailedNodes.Count);
        }
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
        var simulated = new SimulatedNodes(model)
        {
            CpusOf = node => engines.EngineOf(node).Created.Last().Cpus ?? 0,
            Faults = NodeFault.Spread(names, model),
        };
        var image = FakeImageStore.Image("registry.lab:5000/pisa/hpc", FakeImageStore.Digest('a'), SampleJob.Image);
        foreach (var name in names)
        {
            engines.EngineOf(name).Store.Add(image);
            engines.Before(name, FakeStep.Create, stopping => simulated.AskEngineAsync(name, NodeStep.Create, stopping));
            engines.Before(name, FakeStep.Start, stopping => simulated.AskEngineAsync(name, NodeStep.Start, stopping));
            engines.Before(name, FakeStep.Remove, stopping => simulated.AskEngineAsync(name, NodeStep.Remove, stopping));
        }

        if (model.LastFails)
        {
            engines.FailOn(names[^1], FakeStep.Start, new HpcException(ErrorId.EngineUnavailable, "The engine has ended.", names[^1]));
        }

        return (simulated, engines);
    }

    private static async Task<object> MeasureAsync(Func<Task> work)
    {
        using var process = Process.GetCurrentProcess();
        var (collecting, compiling) = (GC.GetTotalPauseDuration(), JitInfo.GetCompilationTime());
        var (cpu, bytes, clock) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes(precise: true), Stopwatch.StartNew());
        await work();
        var seconds = clock.Elapsed.TotalSeconds;
        process.Refresh();
        return new
        {
            seconds,
            cpu = (process.TotalProcessorTime - cpu).TotalSeconds,
            collecting = (GC.GetTotalPauseDuration() - collecting).TotalSeconds,
            compiling = (JitInfo.GetCompilationTime() - compiling).TotalSeconds,
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
