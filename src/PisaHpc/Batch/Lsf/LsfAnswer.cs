using System.Text.RegularExpressions;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.Lsf;

/// <summary>
/// Whether what list-jobs.sh brought is an answer of LSF's. Whatever is not certain is none: a job that is missing in half of a list would
/// seem to be gone.
/// </summary>
internal static partial class LsfAnswer
{
    /// <summary>Requires that bjobs listed jobs and ended well, or said that there is none, in these words and in no others.</summary>
    /// <param name="host">Where it ran, for the error.</param>
    /// <param name="jobId">The job that it was asked for; null for all jobs.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchSystemFailed"/>.</exception>
    public static void Require(ScriptReply said, string host, string? jobId)
    {
        if (ScriptProblem(said, host) is { } problem)
        {
            throw problem;
        }

        if (LsfJobList.Decoded(said["refused"]) is { } refusal)
        {
            throw NoAnswer(host, refusal);
        }

        var words = LsfJobList.WordsOf(said);
        var (rows, code) = (said["rows"], said["code"]);
        if (rows is "0")
        {
            // The exit code says little (lsf.conf(5), LSB_BJOBS_CONSISTENT_EXIT_CODE).
            if (code is not ("0" or "255") || !IsNone(words, jobId))
            {
                throw NoAnswer(host, words ?? $"bjobs ended with {code}, and said nothing");
            }
        }
        else if (code is not "0" || (jobId is null && words is not null && FailureForm().IsMatch(words)))
        {
            throw NoAnswer(host, $"bjobs ended with {code} after a list of {rows}: {words ?? "it said nothing"}");
        }
    }

    /// <summary>What keeps the script from asking; null for nothing.</summary>
    private static HpcException? ScriptProblem(ScriptReply said, string host) =>
        said["missing"] is { } program ? CannotAsk(
            host,
            $"it has no {program}, and no profile.lsf was found that has",
            recommendedAction: "Name a host that has LSF's programs: -SubmitHost, or batch.host in the site definition; or the profile.lsf "
            + "that leads to them: batch.profile.")
        : said["unread"] is { } absent ? CannotAsk(
            host, $"{Quote.Of(absent)} cannot be read", "Correct batch.profile in the site definition.")
        : said["untrusted"] is { } profile ? CannotAsk(
            host,
            $"root does not run {Quote.Of(profile)}: others than root can change it, or a directory above it",
            "Have it belong to root, and name that file: batch.profile in the site definition; or ask as another user.")
        : null;

    private static HpcException CannotAsk(string host, string why, string recommendedAction) =>
        new(ErrorId.BatchSystemFailed, $"LSF cannot be asked on {host}: {why}.", host, recommendedAction) { IsLasting = true };

    private static bool IsNone(string? words, string? jobId) => words is not null
        && (jobId is null ? NoJobForm().IsMatch(words) : words == $"Job <{jobId}> is not found");

    private static HpcException NoAnswer(string host, string words) => new(
        ErrorId.BatchSystemFailed,
        $"LSF did not answer on {host}: {Quote.Words(words)}",
        host,
        "Look at LSF there: lsid, badmin showstatus.");

    /// <summary>"No unfinished job found" is of a bjobs that did not take -a.</summary>
    [GeneratedRegex(@"\ANo (matching )?job found\.?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex NoJobForm();

    /// <summary>LSF's library names its function that failed (lsb_readjobinfo, ls_getclustername), its programs name LSF.</summary>
    [GeneratedRegex(@"\b(lsb?_\w|LSF\b)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex FailureForm();
}
