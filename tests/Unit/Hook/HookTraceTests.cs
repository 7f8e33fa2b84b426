using System.Text.Json;
using PisaHpc.Hook;
using PisaHpc.Tracing;

namespace PisaHpc.Unit.Hook;

/// <summary>-TraceFile: where a run's time went, whatever came of the run.</summary>
public sealed class HookTraceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-trace-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string File => Path.Combine(_directory, "stop.json");

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void Who_asks_for_none_has_none() => Assert.Null(HookTrace.For(new HookOptions { Verb = HookVerb.Stop }));

    [Theory]
    [InlineData("stop.txt", "has no ending that says what to write. Name a file that ends with .json")]
    [InlineData("none/stop.json", "cannot be written: There is no directory")]
    public void A_file_that_cannot_be_written_is_told_before_anything_is_begun(string name, string words) => Assert.Contains(
        words, Assert.Throws<HookUsageException>(() => For(Path.Combine(_directory, name))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_run_that_failed_has_its_phases_in_the_file()
    {
        using var trace = For(File);
        await Assert.ThrowsAsync<HpcException>(() => trace.RunAsync(() => Phase.StopJob.RunAsync(
            () => Phase.StopOnNode.RunAsync(() => throw new HpcException(ErrorId.NodeTimeout, "too slow", "n01"), "n01", "7"), job: "7")));

        trace.Write(new HookLog(_output, _error));

        Assert.Equal([("StopJob", "NodeTimeout"), ("StopOnNode", "NodeTimeout")], Events());
        Assert.StartsWith($"pisahpc-hook: {File}: pisahpc-hook stop, job 7, 1 node, ", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains(". Waited longest for: ", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public async Task The_trace_has_what_the_run_did_and_nothing_of_others_in_the_process()
    {
        using var trace = For(File);
        await Phase.FindJob.RunAsync(() => Task.CompletedTask, "n01", "8");
        await trace.RunAsync(() => Phase.StopJob.RunAsync(() => Task.CompletedTask, job: "7"));
        trace.Write(new HookLog(_output, _error));
        Assert.Equal([("StopJob", null)], Events());
    }

    [Fact]
    public void A_run_that_began_nothing_writes_no_file_and_says_so()
    {
        using var trace = For(File);
        trace.Write(new HookLog(_output, _error));
        Assert.Equal($"pisahpc-hook: warning: there is no phase to write: {File} is not written\n", _error.ToString());
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task A_file_that_can_no_longer_be_written_is_a_warning()
    {
        var gone = Directory.CreateDirectory(Path.Combine(_directory, "gone"));
        using var trace = For(Path.Combine(gone.FullName, "stop.json"));
        await trace.RunAsync(() => Phase.StopJob.RunAsync(() => Task.CompletedTask, job: "7"));
        gone.Delete();
        var log = new HookLog(_output, _error);
        trace.Write(log);
        Assert.StartsWith("pisahpc-hook: warning: -TraceFile: The file ", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, log.Failures);
    }

    private static HookTrace For(string path) => HookTrace.For(new HookOptions { Verb = HookVerb.Stop, TraceFile = path })!;

    /// <summary>The phases in the file, each with its error.</summary>
    private IEnumerable<(string?, string?)> Events()
    {
        using var json = JsonDocument.Parse(System.IO.File.ReadAllText(File));
        return
        [
            .. from one in json.RootElement.GetProperty("traceEvents").EnumerateArray()
               where one.GetProperty("ph").GetString() == "X"
               select (
                   one.GetProperty("name").GetString(),
                   one.GetProperty("args").TryGetProperty("error", out var error) ? error.GetString() : null),
        ];
    }
}
