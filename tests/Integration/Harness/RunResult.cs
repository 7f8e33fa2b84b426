using System.Management.Automation;

namespace PisaHpc.Integration.Harness;

/// <summary>What a script in a hosted runspace gave.</summary>
/// <param name="Objects">The objects. As <c>dynamic</c> they give their properties by name.</param>
/// <param name="Errors">The error records, written or thrown.</param>
/// <param name="Warnings">The warnings.</param>
/// <param name="Verbose">The verbose lines.</param>
/// <param name="Progress">The progress records.</param>
/// <param name="Stopped">Whether it was stopped.</param>
public sealed record RunResult(
    IReadOnlyList<PSObject> Objects,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Verbose,
    IReadOnlyList<ProgressRecord> Progress,
    bool Stopped)
{
    /// <summary>The ids of the errors: the part of FullyQualifiedErrorId before the comma.</summary>
    public IReadOnlyList<string> ErrorIds => [.. Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0])];

    /// <summary>
    /// The nodes that the errors are of: one that failed alone is its error's target, those that failed alike are in one error.
    /// </summary>
    public IReadOnlyList<string> FailedNodes => [.. Errors.SelectMany(NodesOf)];

    /// <summary>The result, after checking that nothing failed; the failure names each error.</summary>
    public RunResult Succeeded()
    {
        Assert.True(!Stopped, "The script was stopped.");
        Assert.True(Errors.Count == 0, "The script wrote errors:\n" + string.Join('\n', Errors.Select(Describe)));
        return this;
    }

    /// <summary>The only object, after checking that nothing failed.</summary>
    public PSObject Single() => Assert.Single(Succeeded().Objects);

    /// <summary>The only error, after checking its id.</summary>
    public ErrorRecord Failed(string id)
    {
        var error = Assert.Single(Errors);
        Assert.True(ErrorIds[0] == id, $"Expected {id}, got {Describe(error)}");
        return error;
    }

    private static IEnumerable<string> NodesOf(ErrorRecord error) =>
        PSObject.AsPSObject(error.Exception).Properties["FailedNodes"]?.Value is IEnumerable<object> nodes && nodes.Any()
            ? nodes.Select(node => (string)PSObject.AsPSObject(node).Properties["Node"].Value)
            : [(string)error.TargetObject];

    private static string Describe(ErrorRecord error) =>
        $"{error.FullyQualifiedErrorId} (target {error.TargetObject}): {error}\n{error.ScriptStackTrace}\n{error.Exception}";
}
