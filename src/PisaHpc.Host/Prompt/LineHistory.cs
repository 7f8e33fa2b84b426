namespace PisaHpc.Host.Prompt;

/// <summary>The lines of a session, and the walk through them with the arrow keys.</summary>
internal sealed class LineHistory
{
    private readonly List<string> _lines = [];
    private int _place;
    private string _draft = "";

    /// <summary>Remembers a line, unless it is empty or the one before again; the walk starts anew.</summary>
    public void Add(string line)
    {
        if (!string.IsNullOrWhiteSpace(line) && (_lines.Count == 0 || _lines[^1] != line))
        {
            _lines.Add(line);
        }

        _place = _lines.Count;
    }

    /// <summary>The line before, or null at the first. What was typed so far is kept for the way back.</summary>
    public string? Previous(string typed)
    {
        if (_place == _lines.Count)
        {
            _draft = typed;
        }

        return _place == 0 ? null : _lines[--_place];
    }

    /// <summary>The line after, at the end what was typed; null when nothing comes after.</summary>
    public string? Next()
    {
        if (_place >= _lines.Count)
        {
            return null;
        }

        _place++;
        return _place == _lines.Count ? _draft : _lines[_place];
    }
}
