using System.Management.Automation;
using PisaHpc.Batch;

namespace PisaHpc.Module.Base;

/// <summary>
/// Matches job ids. An array element's id has brackets (<c>1234[5]</c>), which a wildcard would read as a set: the id itself always
/// matches.
/// </summary>
internal static class JobIdPattern
{
    /// <summary>A test for job ids.</summary>
    /// <param name="pattern">An id, or an id with <c>*</c> or <c>?</c>.</param>
    public static Func<string, bool> Of(string pattern)
    {
        var wildcard = new WildcardPattern(
            pattern.Replace("[", "`[", StringComparison.Ordinal).Replace("]", "`]", StringComparison.Ordinal));
        return id => id == pattern || wildcard.IsMatch(id);
    }

    /// <summary>A test for job ids that match one of several.</summary>
    /// <param name="patterns">As for <see cref="Of"/>.</param>
    public static Func<string, bool> AnyOf(IEnumerable<string> patterns)
    {
        var matches = patterns.Select(Of).ToArray();
        return id => Array.Exists(matches, one => one(id));
    }

    /// <summary>A test for whose container something is: one of no job matches no pattern.</summary>
    /// <param name="pattern">As for <see cref="Of"/>.</param>
    public static Func<string?, bool> OfOwner(string pattern)
    {
        var matches = Of(pattern);
        return jobId => jobId is not null && matches(jobId);
    }

    /// <summary>An id where no pattern is taken.</summary>
    /// <param name="getter">The cmdlet that takes patterns, and whose objects the other one takes.</param>
    /// <param name="taker">That other one.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/>: it is none; of a pattern the next step is the pipeline that does what was meant.
    /// </exception>
    public static string One(string? jobId, string taker, string getter = "Get-HpcJob") => jobId is null || IsOne(jobId)
        ? JobIds.Validate(jobId)
        : throw new HpcException(
            ErrorId.InvalidValue,
            $"Job id {Quote.Of(jobId)} has a wildcard, and {taker} takes ids alone.",
            jobId,
            $"Look which jobs match, and hand them on: {getter} {Quote.Of(jobId)} | {taker}.");

    /// <summary>Whether a pattern is one id.</summary>
    /// <param name="pattern">The pattern.</param>
    public static bool IsOne(string pattern) => pattern.IndexOfAny(['*', '?']) < 0;
}
