using System.Globalization;

namespace PisaHpc.Access.Login;

/// <summary>
/// Whether the sshds of a node's static environments greet whoever comes, asked of all of them at once, by a part of a script: a small part
/// of what <see cref="LoginAccess.TryAsync"/> takes of a node. Whose sshd it is that greets is not proved.
/// </summary>
internal static class LoginGreetings
{
    /// <summary>The section of the script's output that has the answers.</summary>
    public const string Section = "greetings";

    /// <summary>The arguments of login-greets.sh.</summary>
    /// <param name="logins">The sshds; none is none to ask.</param>
    /// <param name="deadline">How long they may take together; at least a second.</param>
    public static IEnumerable<string> ArgumentsFor(IReadOnlyList<AskedLogin> logins, TimeSpan deadline)
    {
        var numbers = (int[])[Math.Max(1, (int)Math.Ceiling(deadline.TotalSeconds)), logins.Count];
        return numbers.Concat(logins.SelectMany(login => (int[])[login.Port, login.ProcessId]))
            .Select(number => number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Reads the section.</summary>
    /// <returns>
    /// By the first process of each container that the node can tell of: why its users do not get in; null when nothing speaks against it.
    /// </returns>
    public static IReadOnlyDictionary<int, string?> Parse(string section)
    {
        var greetings = new Dictionary<int, string?>();
        foreach (var line in section.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var end = line.IndexOf(' ', StringComparison.Ordinal);
            if (int.TryParse(end < 0 ? line : line[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var processId))
            {
                greetings[processId] = end < 0 ? null : Quote.Words(line[(end + 1)..]);
            }
        }

        return greetings;
    }
}

/// <summary>An sshd that is asked for a greeting.</summary>
/// <param name="Port">The port on which it listens.</param>
/// <param name="ProcessId">The first process of its container, as the node counts processes.</param>
internal sealed record AskedLogin(int Port, int ProcessId);
