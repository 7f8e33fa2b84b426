using System.Net.Sockets;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

public sealed class SocketFailureTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-socket-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_socket_that_is_not_there_is_told_with_its_path_and_what_to_do()
    {
        var path = Path.Combine(_directory, "none.sock");
        var failure = await OpenAsync(path);
        Assert.Contains($"has no socket {path}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("address", failure.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("systemctl start docker", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("nodes.engineSocket", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_at_which_nobody_listens_is_an_engine_that_does_not_run()
    {
        var path = Path.Combine(_directory, "deaf.sock");
        using (var gone = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            gone.Bind(new UnixDomainSocketEndPoint(path));
        }

        await File.WriteAllTextAsync(path, "");
        Assert.Contains($"nobody listens at its socket {path}", (await OpenAsync(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_that_this_user_may_not_use_says_who_may()
    {
        var failure = SocketFailure.Of("o2wn01", "/run/docker.sock", new SocketException((int)SocketError.AccessDenied));
        Assert.Contains("no permission for its socket /run/docker.sock", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ls -l /run/docker.sock", failure.RecommendedAction, StringComparison.Ordinal);
    }

    // The words of the docker client 20.10 to 28.
    [Theory]
    [InlineData("no such file or directory", "has no socket /x.sock")]
    [InlineData("permission denied", "no permission for its socket /x.sock")]
    [InlineData("connection refused", "nobody listens at its socket /x.sock")]
    public void What_a_node_s_docker_client_met_is_told_in_the_same_words(string reason, string expected)
    {
        var words = $"failed to open the raw stream connection: dial unix /x.sock: connect: {reason}";
        var failure = EngineFailure.Unavailable("o2wn01", 1, words);
        Assert.Equal((ErrorId.EngineUnavailable, (object)"o2wn01"), (failure.Id, failure.Target));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    // strerror(3), as native/relay.c says it.
    [Theory]
    [InlineData("No such file or directory", "has no socket /x.sock")]
    [InlineData("Permission denied", "no permission for its socket /x.sock")]
    [InlineData("Connection refused", "nobody listens at its socket /x.sock")]
    public void What_the_agent_s_program_met_there_is_told_in_the_same_words(string reason, string expected) => Assert.Contains(
        expected, EngineFailure.Unavailable("o2wn01", 75, $"pisahpc-run: /x.sock: {reason}").Message, StringComparison.Ordinal);

    private static async Task<HpcException> OpenAsync(string path)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => LocalSocket.OpenAsync("localhost", path, CancellationToken.None));
        Assert.Equal((ErrorId.EngineUnavailable, (object)"localhost"), (failure.Id, failure.Target));
        return failure;
    }
}
