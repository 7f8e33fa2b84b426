using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace PisaHpc.Host.Terminal;

/// <summary>
/// Progress on a terminal's stderr: one line for each open activity, drawn at most five times a second, and taken away again.
/// </summary>
internal sealed class ProgressDisplay(TerminalState terminal)
{
    private const int MaxLines = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly List<(long Source, ProgressRecord Record)> _open = [];
    private readonly Stopwatch _sinceDrawn = Stopwatch.StartNew();
    private int _linesDrawn;

    /// <summary>Takes a record; draws when it is time to.</summary>
    public void Show(long source, ProgressRecord record)
    {
        if (!terminal.ErrorIsTerminal || !terminal.IsCapable)
        {
            return;
        }

        lock (_gate)
        {
            var index = _open.FindIndex(entry => entry.Source == source && entry.Record.ActivityId == record.ActivityId);
            if (record.RecordType == ProgressRecordType.Completed)
            {
                Close(index);
                return;
            }

            if (index < 0)
            {
                _open.Add((source, record));
            }
            else
            {
                _open[index] = (source, record);
            }

            if (_linesDrawn == 0 || _sinceDrawn.Elapsed >= Interval)
            {
                Draw();
            }
        }
    }

    /// <summary>Takes the lines away; the next record draws them again.</summary>
    public void Hide()
    {
        lock (_gate)
        {
            Erase();
        }
    }

    /// <summary>The line of an activity.</summary>
    internal static string LineOf(ProgressRecord record, int width)
    {
        var percent = record.PercentComplete >= 0
            ? string.Create(CultureInfo.InvariantCulture, $"{record.PercentComplete,3}% ")
            : "";
        var indent = record.ParentActivityId >= 0 ? "  " : "";
        var line = $"{indent}{percent}{record.Activity}: {record.StatusDescription} {record.CurrentOperation}".TrimEnd();
        return line.Length < width ? line : line[..Math.Max(0, width - 1)];
    }

    private void Close(int index)
    {
        if (index >= 0)
        {
            _open.RemoveAt(index);
        }

        Erase();
        if (_open.Count > 0)
        {
            Draw();
        }
    }

    private void Draw()
    {
        Erase();
        var width = Console.WindowWidth > 0 ? Console.WindowWidth : TerminalRawUserInterface.DefaultWidth;
        foreach (var (_, record) in _open.Take(MaxLines))
        {
            Console.Error.WriteLine(LineOf(record, width));
            _linesDrawn++;
        }

        _sinceDrawn.Restart();
    }

    private void Erase()
    {
        if (_linesDrawn > 0)
        {
            // Up by the lines drawn, then clear to the end of the screen (ECMA-48: CUU, ED).
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\e[{_linesDrawn}A\r\e[J"));
            _linesDrawn = 0;
        }
    }
}
