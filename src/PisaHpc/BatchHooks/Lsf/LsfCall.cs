using System.Text.RegularExpressions;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>A line of lsb.queues(5) or lsb.applications(5) that has LSF call something for a job.</summary>
/// <param name="Place">The file and the number of the line.</param>
/// <param name="Line">The line.</param>
internal sealed partial record LsfCall(string Place, string Line)
{
    /// <summary>Whether a user says what is called, as by <c>PRE_EXEC=$USER_PREEXEC</c>.</summary>
    public bool IsUsers => UsersVariable().IsMatch(Line);

    /// <summary>The calls of a kind that a host told.</summary>
    public static IReadOnlyList<LsfCall> Of(ScriptReply said, string kind) =>
    [
        .. said.All.Where(fact => fact.Key.StartsWith(kind + " ", StringComparison.Ordinal))
            .Select(fact => new LsfCall(fact.Key[(kind.Length + 1)..], fact.Value)),
    ];

    /// <summary>Their places, as words.</summary>
    public static string PlacesOf(IEnumerable<LsfCall> calls) => string.Join(", ", calls.Select(call => call.Place));

    /// <summary>Makes sure that a node's LSF may begin to run some calls as root.</summary>
    /// <param name="node">The node, for the failure.</param>
    /// <param name="isForced">Whether what the site alone says may.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>.</exception>
    public static void RequireFitForRoot(IReadOnlyCollection<LsfCall> calls, string node, bool isForced)
    {
        LsfCall[] users = [.. calls.Where(call => call.IsUsers)];
        if (users.Length > 0)
        {
            throw new HpcException(
                ErrorId.BatchConfigurationInvalid,
                $"{node} would run users' programs as root, with LSB_PRE_POST_EXEC_USER=root: {Words(users)}",
                node,
                "Take those lines out first: bsub -E and -Ep give users a pre- and a post-execution that run as themselves.");
        }

        if (calls.Count > 0 && !isForced)
        {
            throw new HpcException(
                ErrorId.BatchConfigurationInvalid,
                $"{node} would run the site's own pre- and post-executions as root, with LSB_PRE_POST_EXEC_USER=root: {Words(calls)}",
                node,
                "Look at what they call, and whether it may be root's. Then: -Force.");
        }
    }

    private static string Words(IEnumerable<LsfCall> calls) => string.Join("; ", calls.Select(call => $"{call.Place}: {call.Line}"));

    [GeneratedRegex(@"\$\{?USER_", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UsersVariable();
}
