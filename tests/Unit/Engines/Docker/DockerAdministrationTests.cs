using PisaHpc.Engines.Docker;
using PisaHpc.Nodes;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>The restart that stands where a site says none, in a real shell, with programs that stand for systemd's.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DockerAdministrationTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-systemd-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task An_engine_that_starts_has_its_count_of_starts_set_back_first()
    {
        Program("systemctl", $"echo \"$*\" >> {_directory}/asked");
        Assert.Equal(0, (await RestartAsync()).ExitCode);
        Assert.Equal(["reset-failed docker", "restart docker"], await File.ReadAllLinesAsync(Path.Combine(_directory, "asked")));
    }

    [Fact]
    public async Task An_engine_that_does_not_start_says_why()
    {
        Program("systemctl", "[ \"$1\" != restart ] || { echo 'Job for docker.service failed' >&2; exit 5; }");
        Program("journalctl", "[ \"$*\" = '-u docker -n 5 -o cat --no-pager' ] && echo 'unable to configure the Docker daemon'");
        var result = await RestartAsync();
        Assert.Equal(5, result.ExitCode);
        Assert.Contains("unable to configure the Docker daemon", result.Error, StringComparison.Ordinal);
    }

    private void Program(string name, string script) => ProgramFile.Write(Path.Combine(_directory, name), $"#!/bin/sh\n{script}\n");

    private Task<NodeCommandResult> RestartAsync() => new LocalShell("o2wn01").RunAsync(
        ["env", $"PATH={_directory}:/usr/bin:/bin", .. DockerAdministration.Instance.RestartCommand], default, CancellationToken.None);
}
