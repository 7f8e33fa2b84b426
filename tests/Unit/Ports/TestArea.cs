using System.Diagnostics;
using PisaHpc.Ports;

namespace PisaHpc.Unit.Ports;

/// <summary>A port area of its own for one test, and the ways to look at it from outside.</summary>
internal sealed class TestArea : IDisposable
{
    private readonly int _first;
    private readonly int _last;

    public TestArea(int first = 40000, int last = 40004, string? under = null)
    {
        (_first, _last) = (first, last);
        Path = Directory.CreateTempSubdirectory("pisahpc-ports-").FullName;
        if (under is not null)
        {
            Directory.Delete(Path);
            Path = System.IO.Path.Combine(under, System.IO.Path.GetFileName(Path));
        }

        Make(Path, first, last);
        Area = new PortArea(Path, first, last);
    }

    /// <summary>Makes an area as an admin does by hand.</summary>
    public static void Make(string path, int first, int last)
    {
        Directory.CreateDirectory(path);
        foreach (var port in Enumerable.Range(first, last - first + 1))
        {
            File.WriteAllText($"{path}/{port}", "");
        }
    }

    public string Path { get; }

    public PortArea Area { get; }

    /// <summary>The same area with a clock or a fault of the test's.</summary>
    public PortArea With(TimeProvider? clock = null, Action<PortStep>? afterStep = null) =>
        new(Path, _first, _last) { Clock = clock ?? TimeProvider.System, AfterStep = afterStep };

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

internal static class Reclaiming
{
    /// <summary>Takes back every lease that may be, as Remove-JobPort -Expired does.</summary>
    public static IReadOnlyList<ReleasedPort> Reclaim(this PortArea area, DateTimeOffset now, Func<JobPort, bool?>? isJobAlive = null) =>
    [
        .. area.PredictReclaim(now, isJobAlive).Select(one => area.Reclaim(one.JobId, now, isJobAlive)).OfType<ReleasedPort>()
    ];
}

internal sealed class KilledException : Exception;

/// <summary>A clock that stands where the test puts it.</summary>
internal sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
