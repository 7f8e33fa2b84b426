using PisaHpc.Module.Base;

namespace PisaHpc.Unit.Commands;

/// <summary>A table that is drawn again in its place.</summary>
public sealed class ScreenTableTests
{
    private readonly FakeTerminal _terminal = new();

    [Fact]
    public void It_is_drawn_over_the_one_before_whose_rest_is_cleared()
    {
        var table = ScreenTable.OnTerminal(_terminal);
        table.Draw("first", ["one", "two"]);
        Assert.Equal("\rfirst\e[K\n\rone\e[K\n\rtwo\e[K\n\e[J", _terminal.TakeWritten());
        table.Draw("second", ["three"]);
        Assert.Equal("\e[3A\rsecond\e[K\n\rthree\e[K\n\e[J", _terminal.TakeWritten());
        table.StartBelow();
        table.Draw("third", []);
        Assert.Equal("\rthird\e[K\n\e[J", _terminal.TakeWritten());
    }

    [Fact]
    public void After_the_window_got_narrower_it_begins_at_the_top_and_nothing_of_the_old_one_remains()
    {
        var table = ScreenTable.OnTerminal(_terminal);
        table.Draw("first", [new string('x', 79)]);
        _terminal.TakeWritten();
        _terminal.Resize(40, 24);
        Assert.Equal(39, table.Width);
        table.Draw("second", ["one"]);
        var written = _terminal.TakeWritten();
        Assert.StartsWith("\e[H\rsecond\e[K\n", written, StringComparison.Ordinal);
        Assert.EndsWith("\e[J", written, StringComparison.Ordinal);
        table.Draw("third", ["one"]);
        Assert.StartsWith("\e[2A", _terminal.TakeWritten(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_counted()
    {
        _terminal.Resize(80, 6);
        ScreenTable.OnTerminal(_terminal).Draw("first", [.. Enumerable.Range(1, 9).Select(n => $"{n}")]);
        Assert.Equal(5, _terminal.TakeWritten().Split('\n').Length - 1);
    }
}
