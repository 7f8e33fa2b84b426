using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace PisaHpc.Batch;

/// <summary>
/// Job ids, and the names made from them. A job id becomes part of file names, container names, label values and command lines on many
/// nodes, so that nothing else than the forms below ever passes: LSF <c>1234</c> and <c>1234[5]</c>, Slurm <c>1234</c> and
/// <c>1234_5</c>, PBS <c>123.server</c> and <c>123[4].server</c>, HTCondor <c>1234.5.scheduler</c>, and an admin's own words.
/// </summary>
public static partial class JobIds
{
    /// <summary>The longest id: it leaves room for a prefix and a suffix in a file name of 255 bytes.</summary>
    public const int MaxLength = 128;

    /// <summary>Checks an id.</summary>
    /// <param name="jobId">The id as the batch system or a person gave it.</param>
    /// <param name="source">Where it came from, for the error: a variable or a parameter.</param>
    /// <returns>The id, unchanged.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>, with the id as target.</exception>
    public static string Validate(string? jobId, string source = "The job id")
    {
        if (string.IsNullOrEmpty(jobId))
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"{source} is empty: expected a job id such as 1234, 1234[5] or 123.server.", source);
        }

        if (jobId.Length > MaxLength)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"{source} has {Plural.Of(jobId.Length, "character")}; a job id has at most {MaxLength}.", jobId);
        }

        return IdForm().IsMatch(jobId) ? jobId : throw new HpcException(
            ErrorId.InvalidValue,
            $"{source} {Quote.Of(jobId)} is not a job id: expected letters, digits, '.', '_' and '-', starting with a letter, a digit or " +
            "'_', with at most one array index such as 1234[5] or 123[4].server.",
            jobId);
    }

    /// <summary>Whether text that a stranger wrote is an id.</summary>
    public static bool IsValid(string? jobId) => jobId is { Length: > 0 and <= MaxLength } && IdForm().IsMatch(jobId);

    /// <summary>
    /// The id as a name for files, directories, containers and labels: <c>1234[5]</c> is <c>1234.5</c>, <c>123[4].server</c> is
    /// <c>123.4.server</c>, every other id is itself.
    /// </summary>
    /// <param name="jobId">The id; it is checked as <see cref="Validate"/> does.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>, with the id as target.</exception>
    public static string FileName(string jobId) =>
        Validate(jobId).Replace('[', '.').Replace("]", string.Empty, StringComparison.Ordinal);

    /// <summary>Makes the id of an allocation that no batch system named, for example <c>manual-20261123-143355-a1b2c3</c>.</summary>
    /// <param name="time">The clock; its UTC time is in the id.</param>
    public static string NewManual(TimeProvider time) => string.Create(
        CultureInfo.InvariantCulture,
        $"manual-{time.GetUtcNow():yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}");

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]*(\[[0-9]+\](\.[A-Za-z0-9._-]+)?)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();
}
