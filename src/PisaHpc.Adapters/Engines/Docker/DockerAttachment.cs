using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>A connection to the main process of a container (Docker Engine API, "Attach to a container").</summary>
internal sealed class DockerAttachment : IAttachment
{
    private readonly EngineClient _client;
    private readonly string _id;
    private readonly UpgradedStream _connection;
    private readonly ContainerOutput _output;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Task _pumping;
    private int _disposed;

    private DockerAttachment(EngineClient client, string id, UpgradedStream connection, bool terminal)
    {
        (_client, _id, _connection) = (client, id, connection);
        Input = new ContainerInput(connection);
        _output = new ContainerOutput(new LogFrames(connection, multiplexed: !terminal), client.Node);
        _pumping = _output.PumpAsync([], _leaving.Token);
    }

    public Stream Input { get; }

    public Stream Output => _output.Output;

    public Stream Error => _output.Error;

    /// <summary>
    /// Attaches. The engine answers for a container that has ended too, and then says nothing more: so its state is looked at first.
    /// </summary>
    public static async Task<DockerAttachment> OpenAsync(EngineClient client, string id, CancellationToken cancellationToken)
    {
        var container = await client.AskAsync(
            () => client.Requests.Containers.InspectContainerAsync(id, cancellationToken), cancellationToken);
        if (container.State is { Running: false, Status: not "created" })
        {
            throw new HpcException(
                ErrorId.ContainerNotReady,
                $"Container {Quote.Of(id)} on {client.Node} has ended: nobody can attach to it.",
                client.Node,
                "Its log tells what it said.");
        }

        var path = $"containers/{container.ID}/attach?stream=1&stdin=1&stdout=1&stderr=1&detachKeys={DockerExecutions.DetachKeys}";
        var connection = await client.AskAsync(
            () => UpgradedStream.OpenAsync(client, path, body: null, cancellationToken), cancellationToken);
        return new DockerAttachment(client, container.ID, connection, container.Config?.Tty == true);
    }

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken)
    {
        var wanted = new ContainerResizeParameters { Width = size.Columns, Height = size.Rows };
        return _client.AskAsync(
            () => _client.Requests.Containers.ResizeContainerTtyAsync(_id, wanted, cancellationToken), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _output.LeaveAsync();
        await _leaving.CancelAsync();
        await _connection.DisposeAsync();
        await _pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _leaving.Dispose();
    }
}
