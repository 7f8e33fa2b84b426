using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>A sync that is interrupted in the midst of its first node: what comes back, and what is told.</summary>
public sealed class InterruptedSyncTests
{
    private readonly SyncCluster _cluster = new();

    [Theory]
    [InlineData(FakeStep.Stop)]
    [InlineData(FakeStep.Rename)]
    [InlineData(FakeStep.Create)]
    public async Task It_puts_the_old_one_back(FakeStep during)
    {
        await _cluster.SyncAsync();
        var old = Only().Id;
        _cluster.Change();
        using var stop = InterruptedAt(during);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _cluster.SyncAsync(token: stop.Token));
        Assert.Equal((old, SyncCluster.Name, ContainerState.Running), (Only().Id, Only().Name, Only().State));
        Assert.Equal(["Static environment cs7: the container of before is back on o2wn01."], _cluster.TakenBack.Lines);
    }

    [Fact]
    public async Task It_tells_of_an_old_one_that_could_not_be_put_back()
    {
        await _cluster.SyncAsync();
        _cluster.Change();
        var refusal = new HpcException(ErrorId.LimitRefused, "no", "o2wn01");
        using var stop = InterruptedAt(FakeStep.Create, () => _cluster.Nodes.FailOn("o2wn01", FakeStep.Rename, refusal));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _cluster.SyncAsync(token: stop.Token));
        Assert.Equal(["o2wn01"], _cluster.Told);
        Assert.Empty(_cluster.TakenBack.Lines);
    }

    [Fact]
    public async Task It_tells_what_was_done_in_another_place_before()
    {
        await _cluster.SyncAsync();
        await _cluster.Nodes.EngineOf("o2wn05").RemoveAsync(SyncCluster.Name, default);
        _cluster.Change();
        using var stop = InterruptedAt(FakeStep.Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _cluster.SyncAsync(token: stop.Token));
        Assert.Equal(["o2wn05"], _cluster.Told);
    }

    /// <summary>What stops when the first node comes to a step.</summary>
    private CancellationTokenSource InterruptedAt(FakeStep during, Action? then = null)
    {
        var stop = new CancellationTokenSource();
        _cluster.Nodes.Before("o2wn01", during, async token =>
        {
            await stop.CancelAsync();
            _cluster.Nodes.Before("o2wn01", during, _ => Task.CompletedTask);
            then?.Invoke();
            token.ThrowIfCancellationRequested();
        });
        return stop;
    }

    private EngineContainer Only() => Assert.Single(_cluster.On("o2wn01"));
}
