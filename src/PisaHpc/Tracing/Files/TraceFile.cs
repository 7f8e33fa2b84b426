using System.Text;
using PisaHpc.HostLists;
using PisaHpc.Posix;

namespace PisaHpc.Tracing.Files;

/// <summary>A file with a trace; its name's ending says of which form it is.</summary>
/// <param name="path">The path in full.</param>
public sealed class TraceFile(string path)
{
    private const string EventsEnding = ".json";
    private const string DrawingEnding = ".svg";

    private const string WriteRemedy = "Name a file in a directory that is there and that you may write to.";

    private readonly string _path = path;

    private readonly Action<TraceContent, Stream> _write = Path.GetExtension(path).ToLowerInvariant() switch
    {
        EventsEnding => TraceEvents.Write,
        DrawingEnding => Waterfall.Write,
        _ => throw new HpcException(
            ErrorId.InvalidValue,
            $"{Quote.Of(path)} has no ending that says what to write.",
            path,
            $"Name a file that ends with {EventsEnding}, trace events for Perfetto and chrome://tracing, or with {DrawingEnding}, a "
            + "waterfall for a browser."),
    };

    /// <summary>Makes sure that the file can be written, before the work is done whose trace it is to hold.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be written.</exception>
    public void RequireWritable() => WholeFile.RequireWritable(_path, WriteRemedy);

    /// <summary>What the file is to say, without writing it.</summary>
    /// <param name="phases">At least one.</param>
    public HpcTraceFile Predict(IReadOnlyList<HpcPhase> phases) => Describe(TraceContent.Of(phases), phases.Count);

    /// <summary>Writes a trace. The file appears with all that it holds, in place of one that is there.</summary>
    /// <param name="phases">At least one.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: the file cannot be written.</exception>
    public HpcTraceFile Write(IReadOnlyList<HpcPhase> phases)
    {
        var trace = TraceContent.Of(phases);
        using var content = new MemoryStream();
        _write(trace, content);
        var changed = WholeFile.Write(_path, Encoding.UTF8.GetString(content.ToArray()), WriteRemedy);
        return Describe(trace, phases.Count) with { Changed = changed };
    }

    private HpcTraceFile Describe(TraceContent trace, int phases) => new()
    {
        Path = _path,
        Title = trace.Title,
        WaitedFor = trace.WaitedFor,
        TookSec = trace.TookSec,
        Nodes = [.. trace.Places.Select(place => place.Node).OfType<string>()],
        Phases = phases,
    };
}

/// <summary>A file with a trace, and what it shows.</summary>
public sealed record HpcTraceFile
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>The command, the job, how many nodes, and the total.</summary>
    public required string Title { get; init; }

    /// <summary>The phase that the whole waited for longest, in words.</summary>
    public required string WaitedFor { get; init; }

    /// <summary>From the first begin to the last end, in seconds.</summary>
    public required double TookSec { get; init; }

    /// <summary>The nodes, the one that was done last first.</summary>
    public required IReadOnlyList<string> Nodes { get => Readable.Words(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>How many phases and requests it has.</summary>
    public required int Phases { get; init; }

    /// <summary>Whether it holds something else than before.</summary>
    public bool Changed { get; init; }

    /// <summary>The file and what it shows.</summary>
    public override string ToString() => $"{Path}: {Title}";
}
