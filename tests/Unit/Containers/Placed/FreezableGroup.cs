using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace PisaHpc.Unit.Containers.Placed;

/// <summary>A control group as a container has one, of whichever version this machine has, that its processes are frozen in.</summary>
[SupportedOSPlatform("linux")]
internal sealed class FreezableGroup : IDisposable
{
    private static readonly bool IsUnified = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    private readonly DirectoryInfo _directory;

    public FreezableGroup()
    {
        Name = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray());
        Mark = (1_879_100_000 + Random.Shared.Next(100_000)).ToString(CultureInfo.InvariantCulture);
        _directory = Directory.CreateDirectory(Path.Combine(IsUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/freezer", Name));
    }

    public string Name { get; }

    /// <summary>A group that no other test's processes have.</summary>
    public string Mark { get; }

    public string StateFile => Path.Combine(_directory.FullName, IsUnified ? "cgroup.freeze" : "freezer.state");

    public static string ThawWord => IsUnified ? "0" : "THAWED";

    public bool IsFrozen => File.ReadAllText(StateFile).Trim() != ThawWord;

    public void Freeze() => File.WriteAllText(StateFile, IsUnified ? "1" : "FROZEN");

    /// <summary>The processes that have the mark and have not ended.</summary>
    public IReadOnlyList<string> Members() => [.. Directory.EnumerateDirectories("/proc").Where(IsMember)];

    /// <summary>A user's program in Perl, in the group and with the mark. What it says first is waited for.</summary>
    public Process User(string program)
    {
        var line = $"echo $$ >'{_directory.FullName}/cgroup.procs'; "
            + $"exec setpriv --reuid 1 --regid 1 --groups {Mark} --no-new-privs perl -e '{program}'";
        var process = Process.Start(new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardOutput = true })!;
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        return process;
    }

    public void Dispose()
    {
        File.WriteAllText(StateFile, ThawWord);
        foreach (var id in File.ReadAllLines(Path.Combine(_directory.FullName, "cgroup.procs")))
        {
            using var process = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
            process.Kill();
        }

        SpinWait.SpinUntil(() => File.ReadAllText(Path.Combine(_directory.FullName, "cgroup.procs")).Length == 0, TimeSpan.FromSeconds(10));
        _directory.Delete();
    }

    private bool IsMember(string directory)
    {
        try
        {
            var status = File.ReadAllText(Path.Combine(directory, "status"));
            return status.Contains(Mark, StringComparison.Ordinal) && !status.Contains("State:\tZ", StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
