using System.Management.Automation;

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

    /// <summary>A test for whose container something is: one of no job matches no pattern.</summary>
    /// <param name="pattern">As for <see cref="Of"/>.</param>
    public static Func<string?, bool> OfOwner(string pattern)
    {
        var matches = Of(pattern);
        return jobId => jobId is not null && matches(jobId);
    }

    /// <summary>Whether a pattern is one id.</summary>
    /// <param name="pattern">The pattern.</param>
    public static bool IsOne(string pattern) => pattern.IndexOfAny(['*', '?']) < 0;
}
