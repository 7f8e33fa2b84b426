using System.IO.Pipelines;
using System.Text;
using PisaHpc.Mpi;

namespace PisaHpc.Unit.Mpi;

/// <summary>What waits in the caller, and what the supervisor is told of it.</summary>
public sealed class OutputWindowTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly List<string> _words = [];
    private readonly Pipe _source = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly OutputWindow _window;
    private readonly Stream _output;

    public OutputWindowTests()
    {
        _window = new OutputWindow(word =>
        {
            _words.Add(Encoding.ASCII.GetString(word.Span));
            return Task.CompletedTask;
        });
        _output = _window.Over(_source.Reader.AsStream());
    }

    [Fact]
    public async Task Nothing_is_said_while_little_waits()
    {
        for (var i = 0; i < 20; i++)
        {
            await ArriveAsync(OutputWindow.Most - 1);
            await TakeAsync(OutputWindow.Most - 1);
        }

        Assert.Empty(await WordsAsync());
    }

    [Fact]
    public async Task Too_much_is_held_and_goes_on_when_little_is_left()
    {
        await ArriveAsync(OutputWindow.Most);
        await UntilAsync("hold\n");

        await TakeAsync(OutputWindow.Most - OutputWindow.Least - 1);
        Assert.Equal(["hold\n"], await WordsAsync());

        await TakeAsync(1);
        Assert.Equal(["hold\n", "go\n"], await WordsAsync());
    }

    /// <summary>A word may be lost, and what was on its way comes after it.</summary>
    [Fact]
    public async Task What_comes_all_the_same_is_told_to_hold_again_after_as_much_more()
    {
        await ArriveAsync(OutputWindow.Most);
        await UntilAsync("hold\n");
        await ArriveAsync(OutputWindow.Most);
        await UntilAsync("hold\n", "hold\n");

        await TakeAsync((2 * OutputWindow.Most) - OutputWindow.Least);
        Assert.Equal(["hold\n", "hold\n", "go\n"], await WordsAsync());

        await ArriveAsync(OutputWindow.Most - OutputWindow.Least);
        await UntilAsync("hold\n", "hold\n", "go\n", "hold\n");
    }

    [Fact]
    public async Task Both_streams_share_it()
    {
        var source = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using var error = _window.Over(source.Reader.AsStream());
        await ArriveAsync(OutputWindow.Most / 2);
        await source.Writer.WriteAsync(new byte[OutputWindow.Most / 2]);
        await UntilAsync("hold\n");
    }

    [Fact]
    public async Task A_source_that_fails_fails_for_who_reads_behind_what_came()
    {
        await ArriveAsync(OutputWindow.Most);
        await UntilAsync("hold\n");
        await _source.Writer.CompleteAsync(new IOException("gone"));
        await TakeAsync(OutputWindow.Most);
        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => TakeAsync(1))).Message);
    }

    private async Task ArriveAsync(int count) => await _source.Writer.WriteAsync(new byte[count]);

    private async Task TakeAsync(int count) => await _output.ReadExactlyAsync(new byte[count]).AsTask().WaitAsync(Limit);

    private async Task<IReadOnlyList<string>> WordsAsync()
    {
        await _window.ToldAsync().WaitAsync(Limit);
        return _words;
    }

    /// <summary>The words come when the window has read what arrived.</summary>
    private async Task UntilAsync(params string[] expected)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!(await WordsAsync()).SequenceEqual(expected))
        {
            await Task.Yield();
            Assert.False(limit.IsCancellationRequested, string.Concat(_words));
        }
    }
}
