using System.Globalization;
using System.Management.Automation;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;

namespace PisaHpc.Bench;

/// <summary>
/// Names of nodes folded into a host list, and errors of nodes that fail alike folded into one. Each round folds <see cref="Total"/> of
/// them, in lists of a size: what grows in proportion takes as long in short lists as in one long one, the collector's share with it.
/// </summary>
[MemoryDiagnoser]
public class FoldBenchmark
{
    private const int Total = 10_000;

    private string[][] _names = [];
    private ErrorRecord[][] _errors = [];

    [Params(1_000, Total)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Make()
    {
        _names = [.. HostList.Expand(SampleJob.NodeList(Total)).Chunk(Size)];
        _errors = [.. _names.Select(names => names.Select(Unreachable).ToArray())];
    }

    [Benchmark]
    public int Names() => _names.Sum(names => HostList.Fold(names).Length);

    [Benchmark]
    public int Errors() => _names.Index().Sum(list =>
    {
        var fold = new ErrorFold();
        foreach (var (index, node) in list.Item.Index())
        {
            fold.Add(node, _errors[list.Index][index]);
        }

        var folded = fold.TryTake()!;
        return fold.TryTake() is null ? folded.Exception.Message.Length : throw new InvalidOperationException("They are no one error.");
    });

    /// <summary>Measures it, and writes what each size took.</summary>
    public static void Run() => Console.WriteLine(JsonSerializer.Serialize(BenchmarkRun.Of<FoldBenchmark>(warmUps: 40).Select(report => new
    {
        what = report.BenchmarkCase.Descriptor.WorkloadMethod.Name.ToLowerInvariant(),
        size = (int)report.BenchmarkCase.Parameters[nameof(Size)],
        seconds = report.Seconds(),
        pause = PauseOf(report.BenchmarkCase.Descriptor.WorkloadMethod.Name, (int)report.BenchmarkCase.Parameters[nameof(Size)]),
        allocated = report.Allocated(),
    })));

    /// <summary>Seconds of a round that the collector stops the process for, which BenchmarkDotNet does not tell.</summary>
    private static double PauseOf(string what, int size)
    {
        const int Rounds = 100;
        var benchmark = new FoldBenchmark { Size = size };
        benchmark.Make();
        Func<int> fold = what == nameof(Names) ? benchmark.Names : benchmark.Errors;
        _ = fold();
        var before = GC.GetTotalPauseDuration();
        for (var round = 0; round < Rounds; round++)
        {
            _ = fold();
        }

        return (GC.GetTotalPauseDuration() - before).TotalSeconds / Rounds;
    }

    private static ErrorRecord Unreachable(string node)
    {
        var message = string.Create(CultureInfo.InvariantCulture, $"Node {node} cannot be reached: no route to host.");
        var failure = new HpcException(ErrorId.NodeUnreachable, message, node, $"See why: ssh {node} true.");
        return new ErrorRecord(failure, nameof(ErrorId.NodeUnreachable), ErrorCategory.ConnectionError, node);
    }
}
