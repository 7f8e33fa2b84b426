using System.Text.RegularExpressions;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>
/// A node's lsf.sudoers(5), which says as whom LSF runs the pre- and post-executions: the owner of the job, or
/// LSB_PRE_POST_EXEC_USER. LSF ignores one that is not root's alone.
/// </summary>
/// <param name="Text">The file, and what stands there.</param>
/// <param name="Standing">Mode and owner's id; null for no file.</param>
internal sealed partial record LsfSudoers(TextChange Text, string? Standing)
{
    /// <summary>The file.</summary>
    public const string File = "/etc/lsf.sudoers";

    private const string Key = "LSB_PRE_POST_EXEC_USER";
    private const string Own = "600 0";

    /// <summary>The user that it names; null for none.</summary>
    public string? User => Line().Matches(Text.Before ?? "") is [.., var last] ? last.Groups[1].Value : null;

    /// <summary>Whether LSF reads it, and runs the hooks as root.</summary>
    public bool IsFit => User == "root" && Standing == Own;

    /// <summary>Reads it.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<LsfSudoers> ReadAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var files = new HostFiles(node);
        var text = await files.ReadTextAsync(File, mode: "600", cancellationToken);
        var standing = (await files.LookAsync([File], cancellationToken))[File];
        return new LsfSudoers(
            text, standing?[(standing.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
    }

    /// <summary>It with the line in it.</summary>
    /// <param name="node">The node, for the failure.</param>
    /// <param name="executions">The site's own pre- and post-executions, which run as whom it names, too.</param>
    /// <param name="isForced">Whether those may begin to run as root.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: it names another user, or LSF does not read it, and would begin to, or something
    /// else than our hooks would begin to run as root.
    /// </exception>
    public TextChange Joined(string node, IReadOnlyCollection<LsfCall> executions, bool isForced)
    {
        if (Standing is not null and not Own)
        {
            throw Invalid(
                node, $"has mode and owner {Standing}, so that LSF ignores it.",
                $"Look at what it says, for LSF will read it then: chown root {File}; chmod 600 {File}.");
        }

        if (User is null)
        {
            LsfCall.RequireFitForRoot(executions, node, isForced);
        }

        return User switch
        {
            "root" => Text,
            null => Text with { After = MarkedBlock.Joined(Text.Path, Text.Before, [$"{Key}=root"]) },
            var other => throw Invalid(
                node, $"says {Key}={other}, and the hooks have to run as root.",
                $"Say {Key}=root there, where the site's own hooks allow it."),
        };
    }

    /// <summary>It without the line; no file where there was none.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>: it was changed since.</exception>
    public TextChange Left() => MarkedBlock.Left(Text);

    private static HpcException Invalid(string node, string problem, string action) =>
        new(ErrorId.BatchConfigurationInvalid, $"{File} on {node} {problem}", node, action);

    [GeneratedRegex(@"^[ \t]*LSB_PRE_POST_EXEC_USER[ \t]*=[ \t]*""?([^\s""#]+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Line();
}
