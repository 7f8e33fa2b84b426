using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>What a node that gets no job for a while is to Slurm alone.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SlurmHoldTests : IDisposable
{
    private readonly HoldingHost _slurm = new(Scheduler.Slurm);

    public void Dispose() => _slurm.Dispose();

    [Fact]
    public async Task A_queue_that_cannot_be_asked_is_asked_again_and_then_told_and_the_node_given_back()
    {
        _slurm.Set("deaf", "");
        using (var refused = _slurm.Start())
        {
            Assert.Equal("failed Zero Bytes were transmitted or received", (await refused.StandardOutput.ReadLineAsync())!.TrimEnd());
            Assert.Equal((0, null), (HoldingHost.End(refused), _slurm.Closed));
        }

        using var held = _slurm.Start(wait: 30);
        var said = held.StandardOutput.ReadLineAsync();
        await Task.Delay(1500);
        Assert.False(said.IsCompleted);
        _slurm.Set("deaf", null);
        Assert.Equal("idle", await said);
        Assert.Equal(0, HoldingHost.End(held));
    }

    [Fact]
    public async Task One_that_is_down_is_left_so()
    {
        _slurm.Set("down", "");
        using var held = _slurm.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal((0, null), (HoldingHost.End(held), _slurm.Closed));
    }

    [Fact]
    public async Task One_that_goes_down_in_the_midst_is_given_back()
    {
        using var held = _slurm.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        _slurm.Set("down", "");
        Assert.Equal((0, null), (HoldingHost.End(held), _slurm.Closed));
    }
}
