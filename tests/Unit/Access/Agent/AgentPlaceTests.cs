using System.Security.Cryptography;
using PisaHpc.Access.Agent;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Access.Agent;

/// <summary>The program's way onto a node, by its script in a real sh, as root.</summary>
public sealed class AgentPlaceTests : IDisposable
{
    private readonly LocalShell _node = new("here");
    private readonly string _base = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}";
    private readonly AgentPlace _place;

    public AgentPlaceTests()
    {
        Directory.CreateDirectory(_base);
        _place = AgentProgram.In(Checkout.PathOf("out", "native"))!.PlaceIn(_base + "/run/");
    }

    public void Dispose() => Directory.Delete(_base, recursive: true);

    [Fact]
    public async Task It_lies_whole_and_executable_in_a_directory_named_for_its_content()
    {
        await PutAsync();
        Assert.Equal($"{_base}/run/.agent/{_place.Digest[..16]}", _place.Directory);
        Assert.Equal(_place.Digest, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(_place.File))));
        Assert.Equal(
            $". 755 0\npisahpc-agent 755 0\npisahpc-run 777 0\n",
            await ShAsync($"cd {_place.Directory} && stat -c '%n %a %u' . pisahpc-agent pisahpc-run"));
        Assert.StartsWith("usage: pisahpc-run", await ShAsync($"{_place.Directory}/pisahpc-run --help"), StringComparison.Ordinal);
        Assert.Equal([_place.Directory], Directory.GetFileSystemEntries(_base + "/run/.agent"));
    }

    [Fact]
    public async Task One_that_is_there_stays_and_another_version_stands_beside_it()
    {
        await PutAsync();
        var inode = await ShAsync($"stat -c %i {_place.File}");
        await PutAsync();
        Assert.Equal(inode, await ShAsync($"stat -c %i {_place.File}"));
        byte[] content = [.. _place.Content.Span, 0];
        var next = new AgentPlace(content, Convert.ToHexStringLower(SHA256.HashData(content)), _place.RunDirectory);
        await next.PutAsync(_node, CancellationToken.None);
        Assert.True(File.Exists(_place.File) && File.Exists(next.File));
    }

    [Fact]
    public async Task Many_at_once_put_it_there_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PutAsync()));
        Assert.Equal([_place.Directory], Directory.GetFileSystemEntries(_base + "/run/.agent"));
    }

    [Theory]
    [InlineData("mkdir -m 777 run", "can be written to by others than its owner")]
    [InlineData("mkdir -m 755 run && mkdir -m 775 run/.agent", "can be written to by others than its owner")]
    [InlineData("mkdir -m 755 run && chown 4001 run", "does not belong to root")]
    [InlineData("mkdir -m 755 run elsewhere && ln -s ../elsewhere run/.agent", "is a symbolic link")]
    public async Task A_place_that_others_have_is_refused(string preparation, string reason)
    {
        await ShAsync($"umask 0; cd {_base} && {preparation}");
        var failure = await Assert.ThrowsAsync<HpcException>(PutAsync);
        Assert.Equal((ErrorId.NodeCommandFailed, "here"), (failure.Id, failure.Target));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_place.File));
    }

    [Theory]
    [InlineData(100, "did not arrive whole")]
    [InlineData(-1, "does not run on this ")]
    public async Task A_program_that_is_cut_off_or_of_another_machine_leaves_nothing(int length, string reason)
    {
        byte[] content = length < 0 ? [.. "\x7f"u8, .. "ELF of another machine"u8] : _place.Content[..length].ToArray();
        var place = _place with { Content = content, Digest = length < 0 ? Convert.ToHexStringLower(SHA256.HashData(content)) : _place.Digest };
        var failure = await Assert.ThrowsAsync<HpcException>(() => place.PutAsync(_node, CancellationToken.None));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_base + "/run/.agent"));
    }

    /// <summary>As /run is on Debian and its kin.</summary>
    [Fact]
    public async Task Where_nothing_may_be_executed_it_gets_a_tmpfs_of_its_own()
    {
        await ShAsync($"mkdir {_base}/run && mount -t tmpfs -o noexec,nosuid,nodev,mode=755 none {_base}/run");
        try
        {
            await PutAsync();
            await PutAsync();
            Assert.StartsWith("usage: ", await ShAsync($"{_place.File} --help"), StringComparison.Ordinal);
            Assert.Equal("1\n", await ShAsync($"grep -c ' {_base}/run/.agent ' /proc/mounts"));
            Assert.Contains("nosuid,nodev", await ShAsync($"grep ' {_base}/run/.agent ' /proc/mounts"), StringComparison.Ordinal);
        }
        finally
        {
            await ShAsync($"umount {_base}/run/.agent; umount {_base}/run");
        }
    }

    [Fact]
    public void A_module_without_the_program_has_none() => Assert.Null(AgentProgram.In(_base));

    private Task PutAsync() => _place.PutAsync(_node, CancellationToken.None);

    private async Task<string> ShAsync(string command)
    {
        var result = await _node.RunAsync(["sh", "-c", command], default, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }
}
