using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell.Commands;
using PisaHpc.Module.Base;
using PisaHpc.Preflight;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Commands;

/// <summary>A table that is drawn again in its place. Whether there are colours is a setting of the process.</summary>
[Collection(nameof(ProcessColours))]
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

    [Theory]
    [InlineData(OutputRendering.Host, true)]
    [InlineData(OutputRendering.Ansi, true)]
    [InlineData(OutputRendering.PlainText, false)]
    public void It_has_colours_as_what_is_written_to_the_terminal_has(OutputRendering rendering, bool hasColours)
    {
        var before = PSStyle.Instance.OutputRendering;
        try
        {
            PSStyle.Instance.OutputRendering = rendering;
            var node = HpcNode.Unreachable("o2wn13", new HpcException(ErrorId.NodeUnreachable, "It is down.", "o2wn13"));
            var written = Drawn([node]);
            Assert.Equal(rendering, PSStyle.Instance.OutputRendering);
            Assert.Contains("Unreachable", written, StringComparison.Ordinal);
            Assert.Equal(hasColours, written.Contains($"{PSStyle.Instance.Formatting.Error}Unreachable", StringComparison.Ordinal));
        }
        finally
        {
            PSStyle.Instance.OutputRendering = before;
        }
    }

    /// <summary>What a session with the module's views writes to the terminal.</summary>
    private string Drawn(IReadOnlyCollection<object> values)
    {
        // The engine's own cmdlet under another name, in a module of the name that pwsh has it in.
        const string Script = """
            param($Draw)
            New-Module -Name Microsoft.PowerShell.Utility {
                function Out-String([switch] $Stream, [int] $Width) { $input | ConvertTo-Text -Stream:$Stream -Width $Width }
            } | Import-Module
            $Draw.Invoke($ExecutionContext.InvokeCommand)
            """;
        var state = InitialSessionState.CreateDefault2();
        state.Formats.Add(new SessionStateFormatEntry(Checkout.PathOf("PisaHpc.Format.ps1xml")));
        state.Commands.Add(new SessionStateCmdletEntry("ConvertTo-Text", typeof(OutStringCommand), helpFileName: null));
        using var session = RunspaceFactory.CreateRunspace(state);
        session.Open();
        using var shell = PowerShell.Create(session);
        Action<CommandInvocationIntrinsics> draw = invoke => ScreenTable.OnTerminal(_terminal).Draw("caption", values, invoke);
        shell.AddScript(Script).AddParameter("Draw", draw).Invoke();
        Assert.Empty(shell.Streams.Error);
        return _terminal.TakeWritten();
    }
}

/// <summary>Tests that set whether the process writes colours: none runs beside another test.</summary>
[CollectionDefinition(nameof(ProcessColours), DisableParallelization = true)]
public sealed class ProcessColours;
