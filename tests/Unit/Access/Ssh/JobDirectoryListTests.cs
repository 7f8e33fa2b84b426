using PisaHpc.Access.Ssh;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>Jobs' directories are listed while jobs end.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class JobDirectoryListTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-list-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("stat")]
    [InlineData("tar")]
    public async Task A_job_that_ends_meanwhile_is_not_listed_and_is_no_failure(string program)
    {
        var (run, tools) = (_directory.CreateSubdirectory("run"), _directory.CreateSubdirectory("tools"));
        foreach (var job in (string[])["1", "2", "3"])
        {
            await File.WriteAllTextAsync(Path.Combine(run.CreateSubdirectory(job).FullName, JobSshRecord.FileName), "{}");
        }

        ProgramFile.Write(Path.Combine(tools.FullName, program), $"#!/bin/sh\nrm -rf {run.FullName}/2\nexec /usr/bin/{program} \"$@\"\n");
        var listed = await JobDirectory.ListAsync(new WithTools(tools.FullName), run.FullName, CancellationToken.None);
        Assert.Equal([$"{run.FullName}/1", $"{run.FullName}/3"], listed.Select(entry => entry.Directory));
    }

    /// <summary>GNU tar ends with 1 where a file or directory changed as it was read, and with 2 where it failed.</summary>
    [Fact]
    public async Task A_directory_that_changes_meanwhile_is_no_failure_and_one_that_cannot_be_read_is()
    {
        var (run, tools) = (_directory.CreateSubdirectory("run"), _directory.CreateSubdirectory("tools"));
        await File.WriteAllTextAsync(Path.Combine(run.CreateSubdirectory("1").FullName, JobSshRecord.FileName), "{}");
        var tar = Path.Combine(tools.FullName, "tar");
        ProgramFile.Write(tar, "#!/bin/sh\n/usr/bin/tar \"$@\"; exit 1\n");
        Assert.Single(await JobDirectory.ListAsync(new WithTools(tools.FullName), run.FullName, CancellationToken.None));
        File.Delete(tar);
        ProgramFile.Write(tar, "#!/bin/sh\n/usr/bin/tar \"$@\"; exit 2\n");
        var failure = await Assert.ThrowsAsync<HpcException>(
            () => JobDirectory.ListAsync(new WithTools(tools.FullName), run.FullName, CancellationToken.None));
        Assert.Equal(ErrorId.NodeCommandFailed, failure.Id);
    }

    private sealed class WithTools(string directory) : INodeConnection
    {
        private readonly LocalShell _shell = new("o2wn01");

        public string Node => _shell.Node;

        public Task<NodeCommandResult> RunAsync(
            IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
            _shell.RunAsync(["env", $"PATH={directory}:/usr/bin:/bin", .. arguments], input, cancellationToken);

        public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
