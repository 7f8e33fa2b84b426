using System.Diagnostics;
using System.Text.Json;
using PisaHpc.Nodes;

namespace PisaHpc.Bench;

/// <summary>The window over many nodes by itself: real time, and nodes that do nothing but take it.</summary>
internal static class FanOutRun
{
    private const int Throttle = 256;

    private static readonly TimeSpan OnNode = TimeSpan.FromSeconds(0.6);

    public static async Task RunAsync(int nodes)
    {
        var names = SampleJob.Allocation(SampleJob.NodeList(nodes)).Nodes.Select(node => node.Name);
        var clock = Stopwatch.StartNew();
        await FanOut.RunAsync(
            names, Throttle, Timeout.InfiniteTimeSpan, (_, stopping) => Task.Delay(OnNode, stopping), Rethrow, CancellationToken.None);

        // So many rounds of so many nodes: no schedule is shorter.
        var rounds = (nodes + Throttle - 1) / Throttle;
        var (seconds, ideal) = (clock.Elapsed.TotalSeconds, rounds * OnNode.TotalSeconds);
        Console.WriteLine(JsonSerializer.Serialize(new { nodes, seconds, ideal }));
    }

    private static void Rethrow(NodeFailure failure) => throw new InvalidOperationException($"{failure.Node} failed.", failure.Cause);
}
