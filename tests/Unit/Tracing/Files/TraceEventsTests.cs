using System.Text.Json;
using PisaHpc.Tracing;
using PisaHpc.Tracing.Files;

namespace PisaHpc.Unit.Tracing.Files;

/// <summary>The form that Perfetto and chrome://tracing read ("Trace Event Format").</summary>
public sealed class TraceEventsTests
{
    [Fact]
    public void Each_phase_and_request_is_a_complete_event_in_microseconds_with_its_job_and_outcome()
    {
        var events = EventsOf([TestTrace.Of("Survey", "n1", 0, 0.5), TestTrace.Of("PullImage", "n1", 1.5, 2, "pisa/hpc:1", "Error")]);

        var pull = Assert.Single(events, one => NameOf(one) == "PullImage");
        Assert.Equal(
            ("X", 1_500_000.0, 500_000.0, "phase"),
            (Text(pull, "ph"), pull.GetProperty("ts").GetDouble(), pull.GetProperty("dur").GetDouble(), Text(pull, "cat")));
        var told = pull.GetProperty("args");
        Assert.Equal(
            ("4711", "Start-HpcJob", "pisa/hpc:1", "Error"),
            (Text(told, "job"), Text(told, "command"), Text(told, "detail"), Text(told, "outcome")));
    }

    [Fact]
    public void Nodes_are_processes_with_names_the_slowest_first_behind_what_was_done_for_all()
    {
        var events = EventsOf(TestTrace.Start(3));
        var names = events.Where(one => NameOf(one) == "process_name").ToDictionary(Process, one => Text(one.GetProperty("args"), "name"));
        var order = events.Where(one => NameOf(one) == "process_sort_index")
            .OrderBy(one => one.GetProperty("args").GetProperty("sort_index").GetInt32())
            .Select(one => names[Process(one)]);
        Assert.Equal(["all nodes", "n003", "n002", "n001"], order);
        Assert.All(
            events.Where(one => Text(one, "ph") == "X").GroupBy(one => (Process(one), Thread(one))),
            lane => Assert.Contains(events, one => NameOf(one) == "thread_name" && (Process(one), Thread(one)) == lane.Key));
    }

    [Fact]
    public void On_each_line_of_a_viewer_one_thing_lies_within_another_or_after_it()
    {
        var complete = EventsOf(TestTrace.Start(3)).Where(one => Text(one, "ph") == "X").ToList();
        Assert.Equal(2 + (3 * 8), complete.Count);
        foreach (var lane in complete.GroupBy(one => (Process(one), Thread(one))))
        {
            var spans = lane.Select(one => (From: Number(one, "ts"), To: Number(one, "ts") + Number(one, "dur"))).ToList();
            Assert.DoesNotContain(
                from one in spans from other in spans select (one, other),
                pair => pair.one.From < pair.other.From && pair.other.From < pair.one.To && pair.one.To < pair.other.To);
        }
    }

    private static JsonElement[] EventsOf(IReadOnlyList<HpcPhase> phases)
    {
        using var stream = new MemoryStream();
        TraceEvents.Write(TraceContent.Of(phases), stream);
        using var document = JsonDocument.Parse(stream.ToArray());
        return [.. document.RootElement.Clone().GetProperty("traceEvents").EnumerateArray()];
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string NameOf(JsonElement element) => Text(element, "name");

    private static double Number(JsonElement element, string name) => Math.Round(element.GetProperty(name).GetDouble());

    private static int Process(JsonElement element) => element.GetProperty("pid").GetInt32();

    private static int Thread(JsonElement element) => element.GetProperty("tid").GetInt32();
}
