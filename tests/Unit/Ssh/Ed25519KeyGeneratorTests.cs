using PisaHpc.Adapters.Ssh;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Ssh;

public sealed class Ed25519KeyGeneratorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-keys-").FullName;

    [Fact]
    public async Task Ssh_keygen_reads_the_private_key_and_agrees_on_public_key_and_fingerprint()
    {
        var pair = new Ed25519KeyGenerator().Make().User;
        var file = Path.Combine(_directory, "key");
        await File.WriteAllTextAsync(file, pair.PrivateKey);
        await new LocalShell("here").RunAsync(["chmod", "600", file], default, CancellationToken.None);
        Assert.Equal(pair.PublicKey, (await KeygenAsync("-y", "-f", file)).Trim());
        await File.WriteAllTextAsync(file + ".pub", pair.PublicKey + "\n");
        Assert.Equal(pair.Fingerprint, (await KeygenAsync("-l", "-f", file + ".pub")).Split(' ')[1]);
    }

    [Fact]
    public async Task A_key_of_ssh_keygen_is_read()
    {
        var file = Path.Combine(_directory, "other");
        await KeygenAsync("-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file);
        var pair = new Ed25519KeyGenerator().Read(await File.ReadAllTextAsync(file));
        Assert.Equal((await File.ReadAllTextAsync(file + ".pub")).Trim(), pair?.PublicKey);
    }

    [Fact]
    public void What_was_made_is_read_back_unchanged_and_no_two_are_alike()
    {
        var generator = new Ed25519KeyGenerator();
        var keys = generator.Make();
        Assert.Equal(keys.User, generator.Read(keys.User.PrivateKey));
        Assert.Equal(4, new[] { keys.User, keys.Host, generator.Make().User, generator.Make().Host }.DistinctBy(pair => pair.PrivateKey).Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("root:x:0:0::/root:/bin/sh\n")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nnot base64\n-----END OPENSSH PRIVATE KEY-----\n")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n-----END OPENSSH PRIVATE KEY-----\n")]
    public void What_is_no_key_is_not_read(string text) => Assert.Null(new Ed25519KeyGenerator().Read(text));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task<string> KeygenAsync(params string[] arguments)
    {
        var result = await new LocalShell("here").RunAsync(["ssh-keygen", .. arguments], default, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }
}
