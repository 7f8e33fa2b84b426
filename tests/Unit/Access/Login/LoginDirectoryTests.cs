using PisaHpc.Access.Login;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Access.Login;

/// <summary>A static environment's directory on a node, by its script in a real sh, as root.</summary>
public sealed class LoginDirectoryTests : IDisposable
{
    private static readonly LoginConfiguration Configuration = new("Port 2201\n");

    private readonly LocalShell _node = new("here");
    private readonly string _base = $"/dev/shm/pisahpc-test-{Guid.NewGuid():N}";

    public LoginDirectoryTests() => Directory.CreateDirectory(_base);

    private string Own => $"{_base}/up/keys/cs7";

    public void Dispose() => Directory.Delete(_base, recursive: true);

    /// <summary>/dev/shm above it is root's and sticky.</summary>
    [Fact]
    public async Task It_is_root_s_alone_and_the_host_key_is_made_once()
    {
        await PutAsync();
        var key = await LoginDirectory.HostKeyAsync(_node, Own, CancellationToken.None);
        Assert.NotNull(key);
        await ShAsync($"chmod 755 {Own}");
        await PutAsync();
        Assert.Equal(key.Fingerprint, (await LoginDirectory.HostKeyAsync(_node, Own, CancellationToken.None))!.Fingerprint);
        Assert.Equal("700 0\n600 0\n", await ShAsync($"stat -c '%a %u' {Own} {Own}/host_ed25519_key"));
        Assert.Equal(Configuration.Text, await File.ReadAllTextAsync($"{Own}/{Configuration.FileName}"));
    }

    [Theory]
    [InlineData("mkdir -p up/keys/cs7 && chown 4001 up/keys/cs7", "keys/cs7 does not belong to root")]
    [InlineData("mkdir -p up/keys && chmod 1777 up/keys", "up/keys can be written to by others than its owner")]
    [InlineData("mkdir -p up/keys elsewhere && ln -s ../../elsewhere up/keys/cs7", "keys/cs7 is a symbolic link")]
    [InlineData("mkdir -p up/keys && chown 4001 up", "up belongs to user id 4001, not to root")]
    [InlineData("mkdir -p up/keys && chmod 770 up", "up can be written to by others than its owner")]
    [InlineData("mkdir -p up && chown 4001 up", "up belongs to user id 4001, not to root")]
    [InlineData("mkdir -p elsewhere/keys && ln -s elsewhere up", "up is a symbolic link: name the directory that it leads to")]
    [InlineData("ln -s elsewhere up", "up is a symbolic link: name the directory that it leads to")]
    public async Task A_place_where_others_could_put_something_else_is_refused_and_nothing_is_made(string preparation, string reason)
    {
        await ShAsync($"umask 022; cd {_base} && {preparation}");
        var before = await ShAsync($"find {_base} | sort");
        var failure = await Assert.ThrowsAsync<HpcException>(PutAsync);
        Assert.Equal((ErrorId.NodeCommandFailed, "here"), (failure.Id, failure.Target));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, await ShAsync($"find {_base} | sort"));
    }

    private Task PutAsync() => LoginDirectory.PutAsync(_node, Own, Configuration, CancellationToken.None);

    private async Task<string> ShAsync(string command)
    {
        var result = await _node.RunAsync(["sh", "-c", command], default, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }
}
