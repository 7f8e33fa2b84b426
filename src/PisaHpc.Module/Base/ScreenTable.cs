using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Text;

namespace PisaHpc.Module.Base;

/// <summary>
/// A table on a terminal that is drawn again in its own place. A cmdlet cannot know whether its output ends on a screen or in a variable,
/// so that whoever wants a table asks for it, by -Watch, and gets no objects. What is above stays, and so does the last table.
/// </summary>
internal sealed class ScreenTable
{
    /// <summary>
    /// A table for the terminal: text that is not written to the host at once has no colours where the host alone may have them
    /// (about_ANSI_Terminals), which is the default.
    /// </summary>
    private const string Format =
        """
        $rendering = $PSStyle.OutputRendering
        try {
            if ($rendering -eq 'Host') { $PSStyle.OutputRendering = 'Ansi' }
            $input | Microsoft.PowerShell.Utility\Out-String -Stream -Width $args[0]
        } finally {
            $PSStyle.OutputRendering = $rendering
        }
        """;

    private readonly PSHost _host;
    private int _height;
    private int _width;

    private ScreenTable(PSHost host) => _host = host;

    /// <summary>The width that a table may have: a character in the last column makes some terminals begin a new line.</summary>
    public int Width => Math.Max(20, _host.UI.RawUI.WindowSize.Width - 1);

    /// <summary>A table on the terminal that a host writes to.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it writes to none, or to one that cannot go back.</exception>
    public static ScreenTable On(PSHost host)
    {
        return TryOn(host) ?? throw new HpcException(
            ErrorId.InvalidValue,
            "There is no terminal on which a table could be drawn again in its place.",
            "Watch",
            "Take the objects as they come: -Continuous in place of -Watch.");
    }

    /// <summary>The same; null where the host writes to no terminal.</summary>
    public static ScreenTable? TryOn(PSHost host) =>
        host.UI is { SupportsVirtualTerminal: true } && !Console.IsOutputRedirected ? new ScreenTable(host) : null;

    /// <summary>A table on a host that is known to write to a terminal.</summary>
    internal static ScreenTable OnTerminal(PSHost host) => new(host);

    /// <summary>The line above a table that is drawn again and again.</summary>
    /// <param name="intervalSec">The time between two looks.</param>
    /// <param name="rows">How many rows there are.</param>
    public static string Caption(int intervalSec, int rows) => string.Create(
        CultureInfo.CurrentCulture, $"{DateTime.Now:T}, every {intervalSec} s, {Plural.Of(rows, "row")}. Ctrl-C ends it.");

    /// <summary>Begins below whatever stands there now: something else was written since.</summary>
    public void StartBelow() => _height = 0;

    /// <summary>Draws objects, as the table that they would be at a prompt.</summary>
    /// <param name="caption">The line above it.</param>
    /// <param name="invoke">Formats them, in the session whose views they have.</param>
    public void Draw(string caption, IReadOnlyCollection<object> values, CommandInvocationIntrinsics invoke)
    {
        var lines = invoke.InvokeScript(true, ScriptBlock.Create(Format), values.ToList(), Width);
        Draw(caption, [.. lines.Select(line => line.ToString()).SkipWhile(string.IsNullOrWhiteSpace).Where(line => line.Length > 0)]);
    }

    /// <summary>Draws the table. What does not fit on the screen is counted in its last line.</summary>
    /// <param name="caption">The line above it.</param>
    /// <param name="lines">Its lines.</param>
    public void Draw(string caption, IReadOnlyList<string> lines)
    {
        var window = _host.UI.RawUI.WindowSize;
        var most = Math.Max(3, window.Height - 2);
        string[] shown = lines.Count <= most
            ? [caption, .. lines]
            : [caption, .. lines.Take(most - 1), string.Create(CultureInfo.CurrentCulture, $"... {lines.Count - most + 1} more lines")];

        // One write, so that nobody sees half of a table: up to its first line, each line and the rest of what stood there, and all below.
        var text = new StringBuilder();
        if (_height > 0 && window.Width < _width)
        {
            // Some terminals break the lines of a window that got narrower and some cut them off: nobody knows where the table began.
            text.Append("\e[H");
        }
        else if (_height > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\e[{_height}A");
        }

        foreach (var line in shown)
        {
            text.Append('\r').Append(line.TrimEnd()).Append("\e[K\n");
        }

        _host.UI.Write(text.Append("\e[J").ToString());
        (_height, _width) = (shown.Length, window.Width);
    }
}
