using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PisaHpc.Host.Prompt;

/// <summary>What Tab does: the first press completes, each further one offers the next match, Shift-Tab the one before.</summary>
internal sealed class TabCompletion(Runspace runspace)
{
    private CommandCompletion? _matches;
    private string _before = "";
    private string _after = "";

    /// <summary>Forgets the matches: another key was pressed.</summary>
    public void Reset() => _matches = null;

    /// <summary>Completes the line at its cursor.</summary>
    /// <param name="line">The line; changed where there is a match.</param>
    /// <param name="forward">Whether the next match is wanted, or the one before.</param>
    public void Complete(EditedLine line, bool forward)
    {
        if (_matches is null)
        {
            Find(line);
        }

        if (_matches!.CompletionMatches.Count > 0)
        {
            var match = _matches.GetNextResult(forward).CompletionText;
            line.Replace(_before + match + _after, _before.Length + match.Length);
        }
    }

    private void Find(EditedLine line)
    {
        using var shell = PowerShell.Create(runspace);
        _matches = CommandCompletion.CompleteInput(line.Text, line.Cursor, null, shell);
        _before = line.Text[..Math.Max(0, _matches.ReplacementIndex)];
        _after = line.Text[Math.Min(line.Text.Length, _before.Length + Math.Max(0, _matches.ReplacementLength))..];
    }
}
