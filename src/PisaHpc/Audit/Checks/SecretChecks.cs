using System.Text.RegularExpressions;
using PisaHpc.Sites;

namespace PisaHpc.Audit.Checks;

/// <summary>
/// Whether a secret is among its variables, where every process of it, the engine and whoever may ask that see it. Names alone are told, of
/// a value that it is there.
/// </summary>
internal sealed partial class SecretsCheck : IContainerCheck
{
    private static readonly string[] Words =
        ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "CREDENTIAL", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "AUTH_KEY"];

    /// <summary>Words that others begin with: a tokenizer is none.</summary>
    private static readonly string[] Parts = ["TOKEN", "TOKENS", "JWT", "PWD"];

    /// <summary>The directories that a shell keeps.</summary>
    private static readonly string[] Directories = ["PWD", "OLDPWD"];

    public string Name => "Secrets";

    public string About => "variables named as secrets (*PASSWORD*, *TOKEN, *SECRET*, *API_KEY* …), or with a password in a URL";

    public string Benchmark => "";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var names = from variable in container.Specification.Environment
                    where variable.Value.Length > 0 && (IsSecret(variable.Key) || HoldsPassword().IsMatch(variable.Value))
                    orderby variable.Key
                    select container.Placed(Quote.Name(variable.Key), $"variables[{variable.Key}]");
        return MountWords.Join(names) is { } words
            ? AuditFinding.Warning(
                $"by their names or form secrets are among its variables: {words}",
                "Put them into a file that only the user can read, name that in a variable such as NAME_FILE, and change the secrets.")
            : null;
    }

    /// <summary>Whether a variable is named as a secret; one that names a secret's file is none.</summary>
    public static bool IsSecret(string name)
    {
        var upper = name.ToUpperInvariant();
        return !Directories.Contains(upper)
            && !upper.EndsWith("_FILE", StringComparison.Ordinal) && !upper.EndsWith("_PATH", StringComparison.Ordinal)
            && (Words.Any(word => upper.Contains(word, StringComparison.Ordinal))
                || upper.Split('_').Any(part => Parts.Any(word => part.EndsWith(word, StringComparison.Ordinal))));
    }

    /// <summary>User and password before a host, as a URL has them (RFC 3986, 3.2.1).</summary>
    [GeneratedRegex(@"://[^/\s:@]*:[^/\s@]+@", RegexOptions.CultureInvariant)]
    private static partial Regex HoldsPassword();
}

/// <summary>Whether ssh is told to trust whatever host answers, by its variables or its command (ssh_config(5); CWE-295).</summary>
internal sealed class HostKeysCheck : IContainerCheck
{
    public string Name => "HostKeys";

    public string About => "a variable or the command turns ssh's checking of host keys off";

    public string Benchmark => "";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var places = container.Specification.Environment.Where(variable => NodeAccessAudit.DisablesHostKeys(variable.Value))
            .Select(variable => container.Placed($"variable {Quote.Name(variable.Key)}", $"variables[{variable.Key}]"))
            .Order(StringComparer.Ordinal);
        var command = NodeAccessAudit.DisablesHostKeys(string.Join(' ', container.Specification.Command)) ? (string[])["its command"] : [];
        return MountWords.Join(places.Concat(command)) is { } words
            ? AuditFinding.Warning(
                $"the checking of host keys is turned off: {words}",
                "Remove the option: each job has a known_hosts of its own, and its host keys are checked.")
            : null;
    }
}
