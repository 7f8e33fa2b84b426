namespace PisaHpc.BatchHooks.Slurm;

/// <summary>
/// What is to be changed in a slurm.conf(5): lines are put in, or take the place of one, which stays as a comment. No line is moved or
/// lost.
/// </summary>
/// <param name="configuration">The configuration, without lines of ours.</param>
internal sealed class SlurmConfEdit(SlurmConfiguration configuration)
{
    private readonly List<(string File, int Start, int End, string Text)> _changes = [];
    private readonly List<string> _added = [];
    private readonly List<string> _keys = [];

    /// <summary>The keys that are set, in the words of slurm.conf(5).</summary>
    public IReadOnlyList<string> Keys => _keys;

    /// <summary>Sets a key: in place of the line that sets it now, or in a line at the end of slurm.conf.</summary>
    public void Set(string key, string value)
    {
        _keys.Add(key);
        if (configuration.Find(key) is { } line)
        {
            var end = line.File.LineEnd;
            var ours = MarkedLines.Of($"{line.Key}={Written(value)}");
            _changes.Add((
                line.File.Path, line.Start, line.End, MarkedLines.Keep(line.Text, end) + ours + (line.Text.EndsWith('\n') ? end : "")));
        }
        else
        {
            _added.Add($"{key}={Written(value)}");
        }
    }

    /// <summary>Puts a line before another one.</summary>
    public void InsertBefore(SlurmConfLine line, string value) => Insert(line, line.Start, value);

    /// <summary>Puts a line behind another one.</summary>
    public void InsertAfter(SlurmConfLine line, string value) => Insert(line, line.End, value);

    /// <summary>The files as they are to be.</summary>
    public IReadOnlyList<SlurmConfFile> Result() =>
    [
        .. configuration.Files.Select((file, index) =>
        {
            var text = file.Text;
            var changes = _changes.Where(change => change.File == file.Path).OrderByDescending(change => change.Start);
            foreach (var (_, start, end, changed) in changes)
            {
                text = text[..start] + changed + text[end..];
            }

            return file with
            {
                Text = index == 0 ? _added.Aggregate(text, (before, line) => MarkedLines.Append(before, line, file.LineEnd)) : text,
            };
        }),
    ];

    private void Insert(SlurmConfLine line, int place, string value)
    {
        _keys.Add(line.Key);
        var (end, ours) = (line.File.LineEnd, MarkedLines.Of($"{line.Key}={Written(value)}"));
        var isBehindLast = place == line.End && !line.Text.EndsWith('\n');
        _changes.Add((line.File.Path, place, place, isBehindLast ? end + ours : ours + end));
    }

    private static string Written(string value) => value.Contains(' ', StringComparison.Ordinal) ? $"\"{value}\"" : value;
}
