using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Build;

/// <summary>The units that ship with the program for hooks, as systemd itself reads them.</summary>
public sealed class SystemdUnitTests : IDisposable
{
    private const string Program = "/usr/local/bin/pisahpc-hook";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-units-");

    private static string Units => Path.Combine(Repository.Root, "hooks", "systemd");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Systemd_has_nothing_to_say()
    {
        foreach (var unit in Directory.GetFiles(Units))
        {
            var text = await File.ReadAllTextAsync(unit);
            await File.WriteAllTextAsync(Path.Combine(_directory.FullName, Path.GetFileName(unit)), Runnable(text));
        }

        var result = (await RunningProcess.RunAsync("systemd-analyze", ["verify", .. Directory.GetFiles(_directory.FullName)])).EndedWith(0);
        Assert.Equal("", result.Output + result.Error);
    }

    // What a unit runs has to be there for systemd.
    private static string Runnable(string text) => text.Replace(Program, Repository.Hook, StringComparison.Ordinal)
        .Replace("/usr/local/bin/pisahpc ", Repository.Host + " ", StringComparison.Ordinal)
        .Replace("/usr/lib/pisahpc", Path.Combine(Repository.Root, "hooks", "htcondor"), StringComparison.Ordinal);

    [Theory]
    [InlineData("pisahpc-htcondor-sweep.service", "ExecStart=/usr/lib/pisahpc/htcondor-root sweep")]
    [InlineData("pisahpc-htcondor-sweep.timer", "WantedBy=timers.target")]
    [InlineData("pisahpc-sweep-boot.service", "Before=slurmd.service lsfd.service")]
    [InlineData("pisahpc-sweep-boot.service", "After=local-fs.target remote-fs.target docker.service")]
    [InlineData("pisahpc-sweep-boot.service", "JobTimeoutSec=180")]
    [InlineData("pisahpc-sweep-boot.service", "WantedBy=multi-user.target")]
    [InlineData("pisahpc-sweep.timer", "WantedBy=timers.target")]
    [InlineData("pisahpc-metrics.timer", "WantedBy=timers.target")]
    [InlineData("pisahpc-metrics.service", "ConditionPathExists=/etc/pisahpc/site.yaml")]
    public void They_come_at_their_time(string unit, string line) =>
        Assert.Contains(line, File.ReadAllLines(Path.Combine(Units, unit)));

    [Theory]
    [InlineData("pisahpc-sweep-boot.service")]
    [InlineData("pisahpc-sweep.service")]
    public async Task What_they_run_is_a_command_line_of_the_program(string unit)
    {
        var command = File.ReadAllLines(Path.Combine(Units, unit)).Single(line => line.StartsWith("ExecStart=", StringComparison.Ordinal));
        var arguments = command["ExecStart=".Length..].Split(' ');
        Assert.Equal(Program, arguments[0]);

        var end = await RunningProcess.RunAsync(Repository.Hook, [.. arguments[1..], "-Site", "/nonexistent/site.yaml"]);
        Assert.Contains("SiteInvalid", end.EndedWith(78).Error, StringComparison.Ordinal);
    }
}
