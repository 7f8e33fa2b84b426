using PisaHpc.Tracing.Files;

namespace PisaHpc.Unit.Tracing.Files;

public sealed class TraceFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-trace-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("trace.svg", "<?xml")]
    [InlineData("TRACE.SVG", "<?xml")]
    [InlineData("trace.json", "{\"displayTimeUnit\"")]
    public void The_ending_says_of_which_form_the_file_is_and_one_that_is_there_is_replaced(string name, string begins)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, new string('x', 1 << 20));
        var written = new TraceFile(path).Write(TestTrace.Start(2));
        Assert.StartsWith(begins, File.ReadAllText(path).TrimStart('\uFEFF'), StringComparison.Ordinal);
        Assert.Equal((path, true, 18), (written.Path, written.Changed, written.Phases));
        Assert.Equal(["n002", "n001"], written.Nodes);
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Theory]
    [InlineData("trace.png")]
    [InlineData("trace")]
    public void Another_ending_is_refused_and_both_are_named(string name)
    {
        var failure = Assert.Throws<HpcException>(() => new TraceFile(Path.Combine(_directory, name)));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Contains(".json", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains(".svg", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_named()
    {
        var path = Path.Combine(_directory, "none", "trace.svg");
        var failure = Assert.Throws<HpcException>(() => new TraceFile(path).Write(TestTrace.Start(1)));
        Assert.Equal((ErrorId.InvalidValue, path), (failure.Id, failure.Target));
    }
}
