using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

public sealed class ThisMachineTests
{
    [Theory]
    [InlineData("login1", "login1", true)]
    [InlineData("LOGIN1.hpc.example.org", "login1", true)]
    [InlineData("login1", "login1.hpc.example.org", true)]
    [InlineData("login1.hpc.example.org", "Login1.hpc.example.org", true)]
    [InlineData("login1.other.example.org", "login1.hpc.example.org", false)]
    [InlineData("login2", "login1.hpc.example.org", false)]
    [InlineData("127.0.0.2", "127", false)]
    public void Machines_of_two_domains_are_two(string node, string host, bool one) => Assert.Equal(one, ThisMachine.AreOne(node, host));
}
