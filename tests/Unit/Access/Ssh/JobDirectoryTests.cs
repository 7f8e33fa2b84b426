using System.Diagnostics;
using PisaHpc.Access.Ssh;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>The directory's scripts in a real sh on a real tmpfs, as root: ownership is part of what they do.</summary>
public sealed class JobDirectoryTests : IDisposable
{
    private readonly LocalShell _node = new("here");
    private readonly string _run = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}/run";
    private readonly JobSshRequest _request;

    public JobDirectoryTests() => _request = Sample.Request() with { Directory = JobDirectory.PathOf(_run, "4711") };

    [Fact]
    public async Task Everything_is_there_with_owner_and_modes()
    {
        Assert.True(await WriteAsync());
        var text = await ShAsync($"cd {_request.Directory} && stat -c '%n %a %u:%g' . id_ed25519 known_hosts && cat hosts.mpich && stat -c %a {_run}");
        Assert.Equal(". 700 4001:5001\nid_ed25519 600 4001:5001\nknown_hosts 644 4001:5001\no2wn01:32\no2wn02:24\n755\n", text);
        Assert.Equal("4711\n", await ShAsync($"ls -A {_run}"));
    }

    /// <summary>As a directory service may have them: more than a tar's header holds.</summary>
    [Fact]
    public async Task An_owner_of_large_ids_gets_it_too()
    {
        var files = JobSshFiles.For(_request);
        Assert.True(await JobDirectory.WriteAsync(_node, _request.Directory, 3_000_000_001, 2_097_152, files, CancellationToken.None));
        var owners = await ShAsync($"cd {_request.Directory} && stat -c '%a %u:%g' . id_ed25519");
        Assert.Equal("700 3000000001:2097152\n600 3000000001:2097152\n", owners);
    }

    [Fact]
    public async Task The_same_again_changes_nothing_and_a_difference_does()
    {
        await WriteAsync();
        var inode = await ShAsync($"stat -c %i {_request.Directory}");
        Assert.False(await WriteAsync());
        Assert.Equal(inode, await ShAsync($"stat -c %i {_request.Directory}"));
        Assert.True(await WriteAsync(_request with { Port = 22043 }));
        Assert.Contains("Port 22043", await File.ReadAllTextAsync(_request.Directory + "/sshd_config"), StringComparison.Ordinal);
        Assert.Equal("4711\n", await ShAsync($"ls -A {_run}"));
    }

    [Theory]
    [InlineData("127.0.0.0/8", "lo 127.0.0.0/8 127.0.0.0/8")]
    [InlineData("lo", "lo - lo")]
    [InlineData(null, "- - -")]
    [InlineData("nosuch0", "- - nosuch0")]
    [InlineData("203.0.113.0/24", "- - 203.0.113.0/24")]
    public async Task A_node_of_several_writes_down_by_which_network_ranks_talk(string? said, string expected)
    {
        var network = new JobNetwork("localhost", said);
        Assert.True(await WriteAsync(network: network));
        Assert.Equal($"{expected}\n644 0:0\n", await ShAsync($"cd {_request.Directory} && cat network && stat -c '%a %u:%g' network"));

        // Who writes the same files and knows nothing of a network leaves the directory as it is, under a container that has it.
        Assert.False(await WriteAsync(network: network));
        Assert.False(await WriteAsync());
        await ShAsync($"echo other >{_request.Directory}/network");
        Assert.True(await WriteAsync(network: network));
    }

    [Theory]
    [InlineData("chmod 644 id_ed25519")]
    [InlineData("rm sshd_config")]
    [InlineData("echo >> authorized_keys")]
    [InlineData("ln -sf /etc/passwd passwd")]
    [InlineData("touch extra")]
    public async Task What_the_user_altered_is_put_right(string alteration)
    {
        await WriteAsync();
        await ShAsync($"cd {_request.Directory} && {alteration}");
        Assert.True(await WriteAsync());
        Assert.False(await WriteAsync());
    }

    [Fact]
    public async Task Another_user_s_directory_is_refused_and_left_alone()
    {
        await WriteAsync();
        await ShAsync($"chown 4002 {_request.Directory}");
        var failure = await Assert.ThrowsAsync<HpcException>(() => WriteAsync());
        Assert.Equal(ErrorId.NodeCommandFailed, failure.Id);
        Assert.Contains("belongs to uid 4002, not to uid 4001", failure.Message, StringComparison.Ordinal);
        Assert.Equal("4711\n", await ShAsync($"ls -A {_run}"));
    }

    [Fact]
    public async Task A_disk_is_refused_and_nothing_stays_on_it()
    {
        var run = Path.Combine(AppContext.BaseDirectory, "not-a-tmpfs");
        var failure = await Assert.ThrowsAsync<HpcException>(() => WriteAsync(_request with { Directory = run + "/4711" }));
        Assert.Contains("not on a tmpfs", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public async Task A_run_directory_that_others_can_write_to_is_refused()
    {
        await ShAsync($"mkdir -p {_run} && chmod 777 {_run}");
        var failure = await Assert.ThrowsAsync<HpcException>(() => WriteAsync());
        Assert.Contains("can be written to by others", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_in_the_directory_s_place_is_refused()
    {
        await ShAsync($"mkdir -p {_run} && ln -s /tmp {_request.Directory}");
        var failure = await Assert.ThrowsAsync<HpcException>(() => WriteAsync());
        Assert.Contains("symbolic link", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_leaves_nothing()
    {
        var archive = (await JobArchive.PackAsync(JobSshFiles.For(_request), 4001, 5001, CancellationToken.None)).Tar;
        for (var length = 512; length < archive.Length - 1024; length += 3584)
        {
            var result = await _node.RunAsync(
                JobDirectory.WriteCommand(_request.Directory, 4001, 5001, 14), archive[..length], CancellationToken.None);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Equal("", await ShAsync($"ls -A {_run}"));
        }
    }

    [Fact]
    public async Task Removing_twice_is_fine_and_takes_interrupted_writes_along_but_no_other_job_s()
    {
        await WriteAsync();
        await ShAsync($"cd {_run} && mkdir .new.0000000001.4711 .old.0000000002.4711 .new.0000000003.x.4711 4711.0");
        Assert.True(await JobDirectory.RemoveAsync(_node, _request.Directory, CancellationToken.None));
        Assert.False(await JobDirectory.RemoveAsync(_node, _request.Directory, CancellationToken.None));
        Assert.Equal(".new.0000000003.x.4711\n4711.0\n", await ShAsync($"ls -A {_run} | sort"));
    }

    [Fact]
    public async Task Removing_ends_what_still_logs_in_by_the_directory_and_nothing_else()
    {
        await WriteAsync();
        using var login = Waiting(_request.Directory + "/ssh_config");
        using var other = Waiting(_request.Directory);

        await JobDirectory.RemoveAsync(_node, _request.Directory, CancellationToken.None);

        await login.WaitForExitAsync();
        Assert.Equal(128 + 15, login.ExitCode);
        Assert.False(other.HasExited);
        other.Kill();
    }

    [Fact]
    public async Task Removing_ends_a_write_that_is_still_at_work_on_the_directory_and_no_other_job_s()
    {
        var archive = (await JobArchive.PackAsync(JobSshFiles.For(_request), 4001, 5001, CancellationToken.None)).Tar;
        using var writer = await WritingAsync(_request.Directory, archive);
        using var other = await WritingAsync(_request.Directory + "2", archive);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));

        Assert.False(await JobDirectory.RemoveAsync(_node, _request.Directory, patience.Token));

        Assert.True(writer.HasExited);
        Assert.Equal(128 + 15, writer.ExitCode);
        await other.StandardInput.BaseStream.WriteAsync(archive[(archive.Length / 2)..]);
        other.StandardInput.Close();
        await other.WaitForExitAsync(patience.Token);
        Assert.Equal("47112\n", await ShAsync($"ls -A {_run}"));
    }

    [Fact]
    public async Task Reading_gives_the_files_asked_for_and_follows_no_link()
    {
        await WriteAsync();
        await ShAsync($"cd {_request.Directory} && ln -sf /etc/shadow id_ed25519 && mkfifo pipe");
        var content = await JobDirectory.ReadAsync(
            _node, _request.Directory, ["id_ed25519", "pipe", "missing", "passwd", "hosts.openmpi"], CancellationToken.None);
        Assert.Equal(4001u, content?.Uid);
        Assert.Equal(["hosts.openmpi", "passwd"], content!.Files.Keys.Order());
        Assert.Equal(Sample.Text(_request, "passwd"), System.Text.Encoding.UTF8.GetString(content.Files["passwd"]));
        Assert.Null(await JobDirectory.ReadAsync(_node, _run + "/nosuch", ["passwd"], CancellationToken.None));
    }

    [Fact]
    public async Task A_job_is_found_again_from_its_directory()
    {
        await WriteAsync();
        var config = await JobDirectory.FindAsync(_node, _request.Directory, CancellationToken.None);
        Assert.Equal(["o2wn01", "o2wn02"], config?.Nodes);
        Assert.Equal(("4711", 22042, "hpcuser", "SHA256:user", false), (config!.JobId, config.Port, config.User, config.KeyFingerprint, config.Changed));
    }

    [Fact]
    public async Task Jobs_are_listed_and_what_a_user_wrote_over_a_record_is_not_believed()
    {
        await WriteAsync();
        await WriteAsync(_request with { Directory = _run + "/12", Allocation = _request.Allocation with { JobId = "12" } });
        await WriteAsync(_request with { Directory = _run + "/13", Allocation = _request.Allocation with { JobId = "13" } });
        await ShAsync($"echo garbage > {_run}/12/job.json; cp {_request.Directory}/job.json {_run}/13/job.json; mkdir {_run}/.new.0000000001.9");
        var entries = await JobDirectory.ListAsync(_node, _run, CancellationToken.None);
        Assert.Equal([$"{_run}/12", $"{_run}/13", $"{_run}/4711"], entries.Select(entry => entry.Directory));
        Assert.Equal([null, null, "4711"], entries.Select(entry => entry.Config?.JobId));
        Assert.Empty(await JobDirectory.ListAsync(_node, _run + "/nosuch", CancellationToken.None));
    }

    [Fact]
    public async Task A_directory_that_was_looked_at_goes_and_another_of_its_name_does_not()
    {
        await WriteAsync();
        var seen = Assert.Single(await JobDirectory.ListAsync(_node, _run, CancellationToken.None));
        await ShAsync($"cp -a {seen.Directory} {_run}/.copy; rm -r {seen.Directory}; mv {_run}/.copy {seen.Directory}");
        await RefusedAsync(seen.Identity);
        await RefusedAsync(null);
        var now = Assert.Single(await JobDirectory.ListAsync(_node, _run, CancellationToken.None));
        Assert.True(await JobDirectory.RemoveAsync(_node, now.Directory, now.Identity, CancellationToken.None));
        Assert.False(await JobDirectory.RemoveAsync(_node, now.Directory, now.Identity, CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(_run));

        async Task RefusedAsync(string? identity)
        {
            var failure = await Assert.ThrowsAsync<HpcException>(
                () => JobDirectory.RemoveAsync(_node, seen.Directory, identity, CancellationToken.None));
            Assert.Equal(ErrorId.NodeCommandFailed, failure.Id);
            Assert.Contains("is another one than was looked at", failure.Message, StringComparison.Ordinal);
            Assert.True(File.Exists($"{seen.Directory}/job.json"));
        }
    }

    public void Dispose()
    {
        var root = Path.GetDirectoryName(_run)!;
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private Task<bool> WriteAsync(JobSshRequest? request = null, JobNetwork? network = null) => JobDirectory.WriteAsync(
        _node, (request ?? _request).Directory, 4001, 5001, JobSshFiles.For(request ?? _request), CancellationToken.None, network);

    private async Task<string> ShAsync(string script)
    {
        var result = await _node.RunAsync(["sh", "-c", script], default, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }

    /// <summary>A write whose caller is silent half-way: neither does more come, nor does the connection end.</summary>
    private async Task<Process> WritingAsync(string directory, ReadOnlyMemory<byte> archive)
    {
        var writer = LocalShell.Start([.. JobDirectory.WriteCommand(directory, 4001, 5001, JobSshFiles.For(_request).Count)]);
        await writer.StandardInput.BaseStream.WriteAsync(archive[..(archive.Length / 2)]);
        await writer.StandardInput.FlushAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!(await ChildrenAsync(writer)).Contains("tar"))
        {
            await Task.Delay(10, patience.Token);
        }

        return writer;
    }

    private async Task<IEnumerable<string>> ChildrenAsync(Process process) =>
        (await ShAsync($"for child in $(cat /proc/{process.Id}/task/{process.Id}/children); do cat /proc/$child/comm || :; done")).Split('\n');

    private static Process Waiting(string argument) =>
        Process.Start(new ProcessStartInfo("sh", ["-c", "read line", "sh", argument]) { RedirectStandardInput = true })!;
}
