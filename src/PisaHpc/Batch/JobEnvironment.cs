using System.Collections;

namespace PisaHpc.Batch;

/// <summary>
/// What a batch system tells a job: variables, the files they name, and the name service that knows the job's owner. The process's own by
/// <see cref="OfProcess"/>.
/// </summary>
public sealed record JobEnvironment
{
    /// <summary>The environment variables.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>Reads the lines of a file that a variable names.</summary>
    public Func<string, IReadOnlyList<string>> ReadLines { get; init; } = File.ReadAllLines;

    /// <summary>Finds the owner that text names, as <see cref="JobOwners.Find"/> does.</summary>
    public Func<string, JobOwner> FindOwner { get; init; } = JobOwners.Find;

    /// <summary>Finds the owner of a user id, as <see cref="JobOwners.ByUid"/> does.</summary>
    public Func<uint, JobOwner> OwnerOfUid { get; init; } = JobOwners.ByUid;

    /// <summary>Finds the user that this process runs as, as <see cref="JobOwners.Current"/> does.</summary>
    public Func<JobOwner> ProcessOwner { get; init; } = JobOwners.Current;

    /// <summary>The environment of this process.</summary>
    public static JobEnvironment OfProcess() => new()
    {
        Variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? string.Empty, StringComparer.Ordinal),
    };

    /// <summary>A variable's value without blanks around it; null when it is unset or blank.</summary>
    internal string? Value(string variable) =>
        Variables.TryGetValue(variable, out var value) && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>The first of several variables that has a value, with its name.</summary>
    internal (string Variable, string Value)? First(params string[] variables)
    {
        foreach (var variable in variables)
        {
            if (Value(variable) is { } value)
            {
                return (variable, value);
            }
        }

        return null;
    }

    /// <summary>The lines of the file that a variable names, without blank ones.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.AllocationNotFound"/> for a file that cannot be read, with its path.</exception>
    internal IReadOnlyList<string> LinesOf(string variable, string path)
    {
        try
        {
            return [.. ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.AllocationNotFound,
                $"The node file {Quote.Name(path)} ({variable}) cannot be read: {Quote.Cause(exception)}",
                path,
                innerException: exception);
        }
    }

    /// <summary>
    /// The owner of a job that the process is part of: the user it runs as. Root is not taken for an owner: a hook runs as root for a job
    /// of somebody else, and what the submitter's environment says of the owner is the submitter's to choose.
    /// </summary>
    /// <exception cref="HpcException"><see cref="ErrorId.UserNotFound"/> when the process is root's.</exception>
    internal JobOwner OwnProcessOwner(string jobId)
    {
        var owner = ProcessOwner();
        return owner.Uid != 0 ? owner : throw new HpcException(
            ErrorId.UserNotFound,
            $"The owner of job {jobId} cannot be told: this process is root's, and the batch system names no owner in a variable of its "
            + "own.",
            jobId,
            "Name the owner with -Owner of Get-HpcAllocation; a PBS prologue has it as its second argument.");
    }
}
