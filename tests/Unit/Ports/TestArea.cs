using System.Diagnostics;
using PisaHpc.Ports;

namespace PisaHpc.Unit.Ports;

/// <summary>A port area of its own for one test, and the ways to look at it from outside.</summary>
internal sealed class TestArea : IDisposable
{
    public TestArea(int first = 40000, int last = 40004, string? under = null)
    {
        Path = Directory.CreateTempSubdirectory("pisahpc-ports-").FullName;
        if (under is not null)
        {
            Directory.Delete(Path);
            Path = System.IO.Path.Combine(under, System.IO.Path.GetFileName(Path));
        }

        Area = PortArea.Create(Path, first, last);
    }

    public string Path { get; }

    public PortArea Area { get; }

    /// <summary>The same area with a clock or a fault of the test's.</summary>
    public PortArea With(TimeProvider? clock = null, Action<PortStep>? afterStep = null) =>
        new(Path) { Clock = clock ?? TimeProvider.System, AfterStep = afterStep };

    /// <summary>The same area in a process that is killed after a step: its names stay, its lock goes.</summary>
    public PortArea KilledAfter(PortStep step) => With(afterStep: reached =>
    {
        if (reached == step)
        {
            throw new KilledException();
        }
    });

    public static PortRequest Request(string jobId) => new() { JobId = jobId, Owner = "hpcuser" };

    /// <summary>What the old script takes for the free ports.</summary>
    public IReadOnlyList<string> FoundFree()
    {
        var found = Shell("find", Path, "-links", "1").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. found.Select(name => System.IO.Path.GetFileName(name)).Order()];
    }

    /// <summary>The old script's <c>ln</c>.</summary>
    public void LinkAsOldScript(int port, string jobId) => Shell("ln", $"{Path}/{port}", $"{Path}/job-{jobId}");

    public static string Shell(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal sealed class KilledException : Exception;

/// <summary>A clock that stands where the test puts it.</summary>
internal sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
