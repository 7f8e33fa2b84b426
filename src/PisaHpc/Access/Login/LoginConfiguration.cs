using System.Security.Cryptography;
using System.Text;
using PisaHpc.Access.Ssh;
using PisaHpc.Sites;

namespace PisaHpc.Access.Login;

/// <summary>The server configuration of a static environment, sshd_config(5): the node's users, each as himself, on one port.</summary>
/// <param name="Text">The file's text.</param>
public sealed record LoginConfiguration(string Text)
{
    /// <summary>The file's name: another one for another text, so that a container keeps the one that it was made with.</summary>
    public string FileName => $"sshd_config-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..12]}";

    /// <summary>The configuration of a declaration.</summary>
    /// <param name="environment">Its environment, whose variables sessions get.</param>
    /// <param name="directory">The directory with the host key, the same on the node and in the container.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: a variable that sshd cannot carry.</exception>
    public static LoginConfiguration Of(StaticDefinition definition, HpcEnvironment environment, string directory)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(environment);
        var about = $"The sshd of static environment {definition.Name} in its container on each node. It runs as root.";
        return new LoginConfiguration(SshdSettings.Text(about, Settings(definition, environment, directory)));
    }

    // StrictModes stays on: the keys are in the users' own homes.
    private static IEnumerable<(string Keyword, string Value)> Settings(
        StaticDefinition definition, HpcEnvironment environment, string directory)
    {
        var logins = definition.Logins;
        var (key, hostBased) = (logins.By.Contains(LoginProof.Key), logins.By.Contains(LoginProof.HostBased));
        return
        [
            ("Port", SshdSettings.Number(definition.Port)),
            ("HostKey", $"{directory}/{LoginDirectory.HostKey}"),
            ("PidFile", "none"),
            .. Allowed("AllowGroups", logins.Groups),
            .. Allowed("AllowUsers", logins.Users),
            ("PermitRootLogin", "no"),
            ("AuthenticationMethods", (key, hostBased) switch
            {
                (true, true) => "hostbased publickey",
                (false, true) => "hostbased",
                _ => "publickey",
            }),
            ("PubkeyAuthentication", key ? "yes" : "no"),
            .. SshdSettings.NoPasswords,
            .. SshdSettings.HostBased(hostBased),
            ("MaxStartups", "128"),
            ("MaxSessions", "128"),
            .. SshdSettings.Patience,
            .. SshdSettings.Sessions,
            ("AcceptEnv", $"LANG LC_* {SessionVariables.RunMark}"),
            ("Subsystem", "sftp internal-sftp"), // needs no program in the image
            .. environment.Variables.Count == 0
                ? []
                : ((string, string)[])[("SetEnv", SessionVariables.Value(environment.Variables))],
        ];
    }

    private static IEnumerable<(string Keyword, string Value)> Allowed(string keyword, IReadOnlyList<string> names) =>
        names.Count == 0 ? [] : [(keyword, string.Join(' ', names.Select(SshdSettings.Pattern)))];
}
