using PisaHpc.Adapters.Ssh;
using Renci.SshNet;

namespace PisaHpc.Unit.Ssh;

public sealed class AlgorithmOrderTests
{
    [Fact]
    public void Quick_exchanges_come_first_and_none_is_lost()
    {
        var (before, after) = (Info(), Info());
        AlgorithmOrder.Set(after);

        Assert.Equal(
            ["mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org"], after.KeyExchangeAlgorithms.Keys.Take(3));
        Assert.Contains("sntrup761x25519-sha512@openssh.com", after.KeyExchangeAlgorithms.Keys);
        Assert.Equal(before.KeyExchangeAlgorithms.Keys.Order(), after.KeyExchangeAlgorithms.Keys.Order());
    }

    [Fact]
    public void So_do_ciphers_with_authentication()
    {
        var (before, after) = (Info(), Info());
        AlgorithmOrder.Set(after);

        Assert.All(after.Encryptions.Keys.Take(2), name => Assert.EndsWith("-gcm@openssh.com", name));
        Assert.Equal(before.Encryptions.Keys.Order(), after.Encryptions.Keys.Order());
    }

    private static ConnectionInfo Info() => new("o2wn01", "root", new NoneAuthenticationMethod("root"));
}
