using System.Globalization;
using System.Text;

namespace PisaHpc.Access.Ssh;

/// <summary>What the sshd of a job and that of a static environment have in common, in the words of sshd_config(5).</summary>
internal static class SshdSettings
{
    /// <summary>No password opens anything, and the site's PAM is not asked.</summary>
    public static (string Keyword, string Value)[] NoPasswords { get; } =
        [("PasswordAuthentication", "no"), ("KbdInteractiveAuthentication", "no"), ("UsePAM", "no")];

    /// <summary>How long a login may take, and when a client that is gone is let go.</summary>
    public static (string Keyword, string Value)[] Patience { get; } =
        [("LoginGraceTime", "60"), ("ClientAliveInterval", "15"), ("ClientAliveCountMax", "4")];

    /// <summary>What a session may not do, and how the sshd speaks.</summary>
    public static (string Keyword, string Value)[] Sessions { get; } =
    [
        ("UseDNS", "no"), ("X11Forwarding", "no"), ("PermitUserEnvironment", "no"), ("PermitUserRC", "no"), ("PrintMotd", "no"),
        ("LogLevel", "INFO"),
    ];

    /// <summary>Host-based authentication, by the system's files alone, or none of it.</summary>
    public static (string Keyword, string Value)[] HostBased(bool wanted) => wanted
        ?
        [
            ("HostbasedAuthentication", "yes"), ("HostbasedUsesNameFromPacketOnly", "yes"),
            ("IgnoreRhosts", "yes"), ("IgnoreUserKnownHosts", "yes"),
        ]
        : [("HostbasedAuthentication", "no")];

    /// <summary>
    /// A user or a group as AllowUsers and AllowGroups take it, which are patterns of the form USER@HOST: a name that holds such characters
    /// itself (DOMAIN\user, user@realm) matches with a wildcard in their place.
    /// </summary>
    public static string Pattern(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '$' ? c : '?'));

    /// <summary>A number as the file has it.</summary>
    public static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The file's text.</summary>
    /// <param name="about">What it is for, a line.</param>
    public static string Text(string about, IEnumerable<(string Keyword, string Value)> settings)
    {
        var text = new StringBuilder($"# {about}\n");
        foreach (var (keyword, value) in settings)
        {
            text.Append(keyword).Append(' ').Append(value).Append('\n');
        }

        return text.ToString();
    }
}
