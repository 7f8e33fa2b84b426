using System.Globalization;
using PisaHpc.Bench;

// PisaHpc.Bench plan                     the plan of 1,000 and of 10,000 nodes, by BenchmarkDotNet
// PisaHpc.Bench plan-memory NODES        one plan, and what the process has in memory for it
// PisaHpc.Bench fold                     names and errors folded, in lists of 1,000 and of 10,000, by BenchmarkDotNet
// PisaHpc.Bench fan-out NODES            nodes of 0.6 s each, 256 at a time, against the ideal schedule
// PisaHpc.Bench start NODES [NAME=N...]  a job on simulated nodes, from nothing to ready and away again, or until it is taken back
// PisaHpc.Bench survey NODES [NAME=N...] a look at simulated nodes
// Each writes one line of JSON. NAME is a member of NodeModel.
switch (args)
{
    case ["plan"]:
        PlanBenchmark.Run();
        break;
    case ["plan-memory", var nodes]:
        PlanBenchmark.RunOnce(Number(nodes));
        break;
    case ["fold"]:
        FoldBenchmark.Run();
        break;
    case ["fan-out", var nodes]:
        await FanOutRun.RunAsync(Number(nodes));
        break;
    case ["start", var nodes, .. var model]:
        await ScaleRun.StartAsync(Number(nodes), NodeModel.Of(model));
        break;
    case ["survey", var nodes, .. var model]:
        await ScaleRun.SurveyAsync(Number(nodes), NodeModel.Of(model));
        break;
    default:
        Console.Error.WriteLine(
            "usage: PisaHpc.Bench plan | plan-memory NODES | fold | fan-out NODES | start NODES [NAME=N...] | survey NODES [NAME=N...]");
        return 2;
}

return 0;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
