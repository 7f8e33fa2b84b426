namespace PisaHpc.Integration.Harness;

/// <summary>What a process left.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its stdout.</param>
/// <param name="Error">Its stderr.</param>
public sealed record ProcessResult(int ExitCode, string Output, string Error)
{
    /// <summary>The result, after checking its exit code; the failure shows both streams.</summary>
    public ProcessResult EndedWith(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"Expected exit code {exitCode}, got {ExitCode}.\nstdout:\n{Output}\nstderr:\n{Error}");
        return this;
    }

    /// <summary>The lines of stdout.</summary>
    public IReadOnlyList<string> Lines => Output.TrimEnd('\n').Split('\n');
}
