using PisaHpc.Hook;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Hook;

public sealed class OwnNodeTests
{
    private static readonly string Here = Environment.MachineName;

    /// <summary>A file that is there.</summary>
    private static readonly NodeAccess Access = new() { User = "root", EngineSocket = "/proc/self/exe" };

    [Fact]
    public void Root_needs_no_login_to_the_node_that_it_is_on()
    {
        Assert.Equal(Here, OwnNode.Of(Access, Here, isRoot: true));
        Assert.True((Access with { Here = Here }).IsHere(Here));
    }

    [Fact]
    public void Every_other_node_is_logged_in_to()
    {
        Assert.Null(OwnNode.Of(Access, "another" + Here, isRoot: true));
        Assert.Null(OwnNode.Of(Access, named: null, isRoot: true));
        Assert.False((Access with { Here = Here }).IsHere("another" + Here));
    }

    [Fact]
    public void Where_a_login_would_be_another_user_s_there_is_one()
    {
        Assert.Null(OwnNode.Of(Access, Here, isRoot: false));
        Assert.Null(OwnNode.Of(Access with { User = "operator" }, Here, isRoot: true));
    }

    /// <summary>slurmd in a container that is called as its node.</summary>
    [Fact]
    public void A_machine_without_the_engine_s_socket_is_no_node() =>
        Assert.Null(OwnNode.Of(Access with { EngineSocket = "/nowhere/docker.sock" }, Here, isRoot: true));
}
