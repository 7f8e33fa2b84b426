using System.Text.Json;

namespace PisaHpc.Tracing.Files;

/// <summary>
/// A trace as Chrome's trace events, which chrome://tracing and Perfetto open ("Trace Event Format", JSON object format). Each node is a
/// process, in the order of the slowest first, and each phase and request a complete event ("X") with times in microseconds after the
/// begin of the first; metadata events ("M") have the names.
/// </summary>
internal static class TraceEvents
{
    private const int Microseconds = 1_000_000;

    /// <summary>Writes it.</summary>
    public static void Write(TraceContent trace, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartObject("otherData");
        json.WriteString("command", trace.Title);
        json.WriteString("startedAt", trace.StartedAt);
        json.WriteString("waitedFor", trace.WaitedFor);
        json.WriteEndObject();
        json.WriteStartArray("traceEvents");
        foreach (var (index, place) in trace.Places.Index())
        {
            WritePlace(json, trace, index + 1, place);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter json, TraceContent trace, int process, TracePlace place)
    {
        WriteName(json, "process_name", process, thread: null, "name", writer => writer.WriteStringValue(place.Name));
        WriteName(json, "process_sort_index", process, thread: null, "sort_index", writer => writer.WriteNumberValue(process));
        var lanes = TraceLanes.Of(place.Phases, nested: true);
        foreach (var lane in lanes.Distinct().Order())
        {
            var name = lane == 0 ? "phases" : FormattableString.Invariant($"beside them {lane}");
            WriteName(json, "thread_name", process, lane + 1, "name", writer => writer.WriteStringValue(name));
        }

        foreach (var (phase, lane) in place.Phases.Zip(lanes))
        {
            WriteComplete(json, trace, process, lane + 1, phase);
        }
    }

    private static void WriteName(
        Utf8JsonWriter json, string kind, int process, int? thread, string argument, Action<Utf8JsonWriter> writeValue)
    {
        json.WriteStartObject();
        json.WriteString("ph", "M");
        json.WriteString("name", kind);
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", thread ?? 0);
        json.WriteStartObject("args");
        json.WritePropertyName(argument);
        writeValue(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteComplete(Utf8JsonWriter json, TraceContent trace, int process, int thread, HpcPhase phase)
    {
        json.WriteStartObject();
        json.WriteString("ph", "X");
        json.WriteString("name", phase.IsRequest ? phase.Detail ?? phase.Phase : phase.Phase);
        json.WriteString("cat", phase.IsRequest ? "request" : "phase");
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", thread);
        json.WriteNumber("ts", Math.Round((phase.StartedAt - trace.StartedAt).TotalSeconds * Microseconds, 1));
        json.WriteNumber("dur", Math.Round(phase.TookSec * Microseconds, 1));
        json.WriteStartObject("args");
        WriteText(json, "job", phase.JobId);
        WriteText(json, "command", phase.Command);
        WriteText(json, "kind", phase.IsRequest ? phase.Phase : null);
        WriteText(json, "detail", phase.IsRequest ? null : phase.Detail);
        WriteText(json, "outcome", phase.Outcome);
        WriteText(json, "error", phase.ErrorId);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
