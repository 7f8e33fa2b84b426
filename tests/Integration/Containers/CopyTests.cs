using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Containers;

/// <summary>Files into the containers of a job and out of them, on the lab's engines.</summary>
[Collection(LabTests.Name)]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class CopyTests(CommandJobFixture job) : IClassFixture<CommandJobFixture>, IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("pisahpc-copy-").FullName;

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public async Task A_tree_goes_into_each_container_as_its_users_and_comes_out_of_each_as_it_was()
    {
        Directory.CreateDirectory(At("case/.inner"));
        await File.WriteAllTextAsync(At("case/run it"), "#!/bin/sh\n");
        File.SetUnixFileMode(At("case/run it"), (UnixFileMode)0x1E8);
        File.SetLastWriteTimeUtc(At("case/run it"), new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        await File.WriteAllBytesAsync(At("case/.inner/zero"), new byte[3_000_000]);
        File.CreateSymbolicLink(At("case/link"), "run it");

        var copies = Run($"Copy-HpcContainerItem '{At("case")}' /tmp -JobId $JobId -Node o2wn02, o2wn01").Succeeded().Objects.Cast<dynamic>().ToList();
        Assert.Equal(
            ["o2wn02 3 3000010 True", "o2wn01 3 3000010 True"],
            copies.Select(copy => $"{copy.Node} {copy.Files} {copy.Bytes} {copy.Changed}"));
        Assert.Equal(
            ["-rwxr-x--- 4001 4001", ".inner", "link", "run it"],
            Run("Invoke-ContainerCommand sh '-c', 'cd /tmp/case; ls -A; ls -ln run* | { read m _ u g _; echo $m $u $g; }' -JobId $JobId -Node o2wn01")
                .Succeeded().Objects.SkipLast(1).Select(line => (string)((dynamic)line).Text).Order(StringComparer.Ordinal));

        Run($"Copy-HpcContainerItem /tmp/case '{At("back")}' -FromContainer -JobId $JobId; Invoke-ContainerCommand rm '-r', /tmp/case -JobId $JobId -Quiet")
            .Succeeded();
        foreach (var node in new[] { "o2wn01", "o2wn02" })
        {
            var file = At($"back/{node}/case/run it");
            Assert.Equal((UnixFileMode)0x1E8, File.GetUnixFileMode(file));
            Assert.Equal(new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc), File.GetLastWriteTimeUtc(file));
            Assert.Equal(3_000_000, new FileInfo(At($"back/{node}/case/.inner/zero")).Length);
            Assert.Equal("run it", new FileInfo(At($"back/{node}/case/link")).LinkTarget);
            Assert.Equal(["case"], Directory.EnumerateFileSystemEntries(At($"back/{node}")).Select(Path.GetFileName));
        }
    }

    [Fact]
    public async Task Root_writes_through_no_link_that_the_user_made_and_one_container_needs_no_directory_of_its_own()
    {
        await File.WriteAllTextAsync(At("notes"), "new");
        Run("Invoke-ContainerCommand sh '-c', 'mkdir -m 777 /tmp/mine && ln -s /etc/passwd /tmp/mine/notes' -JobId $JobId -Node o2wn01 -Quiet").Succeeded();
        Run($"Copy-HpcContainerItem '{At("notes")}' /tmp/mine -JobId $JobId -Node o2wn01 -User root").Succeeded();
        Assert.Equal(
            ["new", "0"],
            Run("Invoke-ContainerCommand sh '-c', 'cat /tmp/mine/notes; echo; stat -c %u /tmp/mine/notes; grep -q root /etc/passwd' -JobId $JobId -Node o2wn01")
                .Succeeded().Objects.SkipLast(1).Select(line => (string)((dynamic)line).Text));
        Run($"Copy-HpcContainerItem /tmp/mine/notes '{At("one")}' -FromContainer -JobId $JobId -Node o2wn01").Succeeded();
        Assert.Equal("new", await File.ReadAllTextAsync(At("one/notes")));
        Run("Invoke-ContainerCommand rm '-rf', /tmp/mine -JobId $JobId -Node o2wn01 -Quiet").Succeeded();
    }

    [Theory]
    [InlineData("/nonesuch /tmp", "ItemNotFound", "There is no /nonesuch on this machine")]
    [InlineData("/etc/hostname /none/deeper/x -Node o2wn01", "ItemNotFound", "there is no directory /none/deeper")]
    [InlineData("/nonesuch SCRATCH -FromContainer -Node o2wn01", "ItemNotFound", "there is no /nonesuch")]
    [InlineData("/etc/hostname /etc -Node o2wn01", "ItemNotCopied", "Permission denied")]
    [InlineData("/a/x, /b/x SCRATCH -FromContainer", "InvalidValue", "are called 'x'")]
    [InlineData("/etc/hostname /dev/shm/small -Node o2wn01 -User hpcuser", "InvalidValue", "expected root")]
    public void What_fails_is_an_error_with_a_name(string parameters, string id, string words)
    {
        var failure = Run($"Copy-HpcContainerItem {parameters.Replace("SCRATCH", At("out"), StringComparison.Ordinal)} -JobId $JobId").Failed(id);
        Assert.Contains(words, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_fit_is_told_and_leaves_nothing()
    {
        await File.WriteAllBytesAsync(At("large"), new byte[80_000_000]); // /dev/shm has 64 MiB
        Assert.Contains(
            "No space left", Run($"Copy-HpcContainerItem '{At("large")}' /dev/shm -JobId $JobId -Node o2wn01").Failed("DiskFull").ToString(), StringComparison.Ordinal);
        Assert.Single(Run("Invoke-ContainerCommand ls '-A', /dev/shm -JobId $JobId -Node o2wn01").Succeeded().Objects);
    }

    [Fact]
    public void A_dry_run_copies_nothing()
    {
        Assert.Empty(Run("Copy-HpcContainerItem /etc/hostname /tmp -JobId $JobId -WhatIf").Succeeded().Objects);
        Run("Invoke-ContainerCommand test '-e', /tmp/hostname -JobId $JobId -Node o2wn01 -Quiet").Failed("CommandFailed");
    }

    private string At(string name) => Path.Combine(_scratch, name);

    private RunResult Run(string script) => job.Run(script);
}
