using System.Globalization;
using System.Text.RegularExpressions;

namespace PisaHpc.Module.Base;

/// <summary>
/// What a next step may speak of: the cmdlet that failed, and the target as a word that can be typed. A target that is no plain word (an
/// object, a long text) is no word, and the step is then told without it.
/// </summary>
/// <param name="Command">The cmdlet's name.</param>
/// <param name="Target">The error's target.</param>
internal sealed partial record ErrorSubject(string? Command, object? Target)
{
    private string? Word => Convert.ToString(Target is string or uint or int ? Target : null, CultureInfo.InvariantCulture) is { } text
        && Plain().IsMatch(text) ? text : null;

    /// <summary>A sentence with a command for the target, or the same without it.</summary>
    /// <param name="sentence">The sentence, without its end.</param>
    /// <param name="command">Makes the command of the target's word.</param>
    public string Step(string sentence, Func<string, string> command) =>
        Word is { } word ? $"{sentence}: {command(word)}." : $"{sentence}.";

    /// <summary>A text in which the target's word stands, or another word.</summary>
    /// <param name="otherwise">The other word.</param>
    public string Or(string otherwise) => Word ?? otherwise;

    /// <summary>What neither PowerShell nor a POSIX shell takes for anything but a word.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_/.][A-Za-z0-9_./:-]{0,127}\z")]
    private static partial Regex Plain();
}
