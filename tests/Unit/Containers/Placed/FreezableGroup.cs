using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace PisaHpc.Unit.Containers.Placed;

/// <summary>
/// A control group as a container has one, that its processes are frozen in, of either version: a machine that has the controllers in
/// version 1 has a hierarchy of version 2 beside them, which freezes without one.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FreezableGroup : IDisposable
{
    private const string V1 = "/sys/fs/cgroup/freezer";

    private static readonly string V2 =
        File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";

    private readonly bool _isUnified;

    private readonly DirectoryInfo _directory;

    private Process? _first;

    public FreezableGroup(int version)
    {
        _isUnified = version == 2;
        Name = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray());
        Mark = (1_879_100_000 + Random.Shared.Next(100_000)).ToString(CultureInfo.InvariantCulture);
        _directory = Directory.CreateDirectory(Path.Combine(_isUnified ? V2 : V1, Name));
    }

    /// <summary>The versions that this machine has.</summary>
    public static TheoryData<int> Versions => [.. ((int[])[1, 2]).Where(version => Directory.Exists(version == 2 ? V2 : V1))];

    public string Name { get; }

    /// <summary>A group that no other test's processes have.</summary>
    public string Mark { get; }

    public string StateFile => Path.Combine(_directory.FullName, _isUnified ? "cgroup.freeze" : "freezer.state");

    public string ThawWord => _isUnified ? "0" : "THAWED";

    public bool IsFrozen => File.ReadAllText(StateFile).Trim() != ThawWord;

    public void Freeze() => File.WriteAllText(StateFile, _isUnified ? "1" : "FROZEN");

    /// <summary>How many processes are in it, by the kernel's own list: looking at one after the other misses what comes and goes.</summary>
    public int Members => File.ReadAllLines(Path.Combine(_directory.FullName, "cgroup.procs")).Length;

    /// <summary>
    /// A user's program in Perl, in the group and with the mark, below a first process as a container has one: that stays, and takes in
    /// whoever lost its parent. What the program says first is waited for.
    /// </summary>
    public void Run(string program)
    {
        var line = $"echo 0 >'{_directory.FullName}/cgroup.procs'; "
            + $"setpriv --reuid 1 --regid 1 --groups {Mark} --no-new-privs perl -e '{program}' & sleep 1000";
        var start = new ProcessStartInfo("unshare", ["--pid", "--fork", "--kill-child", "bash", "-c", line]) { RedirectStandardOutput = true };
        _first = Process.Start(start)!;
        Assert.Equal("ready", _first.StandardOutput.ReadLine());
    }

    public void Dispose()
    {
        File.WriteAllText(StateFile, ThawWord);
        _first?.Kill();
        _first?.Dispose();
        Assert.True(SpinWait.SpinUntil(() => Members == 0, TimeSpan.FromSeconds(10)));
        _directory.Delete();
    }
}
