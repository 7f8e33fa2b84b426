using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace PisaHpc.Bench;

/// <summary>A class of benchmarks, measured in this process by BenchmarkDotNet.</summary>
internal static class BenchmarkRun
{
    /// <summary>What each benchmark with each of its parameters took.</summary>
    /// <param name="warmUps">The rounds before those that count: what takes milliseconds needs more, until it is compiled for good.</param>
    public static IReadOnlyList<BenchmarkReport> Of<T>(int warmUps)
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(warmUps).WithIterationCount(7)
            .WithInvocationCount(1).WithUnrollFactor(1);
        var config = ManualConfig.CreateEmpty().AddJob(job).AddLogger(NullLogger.Instance)
            .AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), $"pisahpc-bench-{Environment.ProcessId}"));
        var summary = BenchmarkRunner.Run<T>(config);
        Directory.Delete(config.ArtifactsPath, recursive: true);
        return summary.Reports;
    }

    /// <summary>The seconds of each of its rounds.</summary>
    public static IEnumerable<double> Seconds(this BenchmarkReport report) =>
        report.ResultStatistics!.OriginalValues.Select(nanoseconds => nanoseconds / 1e9);

    /// <summary>The bytes that a round allocates.</summary>
    public static long? Allocated(this BenchmarkReport report) => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
}
