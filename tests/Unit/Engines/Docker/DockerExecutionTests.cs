using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>A command in a container that ends with its caller.</summary>
public sealed class DockerExecutionTests : IAsyncLifetime, IDisposable
{
    private const string Told = "leader 77 4711|";

    private readonly ScriptedContainer _container = new();
    private EngineClient _client = null!;

    public async Task InitializeAsync() => _client = await _container.ConnectAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _client.Dispose();
        _container.Dispose();
    }

    [Fact]
    public async Task It_is_ended_by_its_life_line_and_nothing_further_is_started()
    {
        _container.LastWords = "ended\n";
        var execution = await StartAsync();
        await execution.DisposeAsync();
        Assert.Equal(Told, await _container.LifelineEnd);
        Assert.Equal(["watch-execution", "begin-execution"], _container.Created.Select(one => one.Script));
        Assert.Equal(143, await execution.WaitAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_the_life_line_leaves_is_told()
    {
        _container.LastWords = "left: 78 79\n";
        var execution = await StartAsync();
        var failure = await Assert.ThrowsAsync<HpcException>(async () => await execution.DisposeAsync());
        Assert.Equal(ErrorId.NodeCommandFailed, failure.Id);
        Assert.Contains("left: 78 79", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_watcher_says_nothing_another_command_ends_it()
    {
        _container.EndingWords = "ended\n";
        var execution = await StartAsync();
        await execution.DisposeAsync();
        Assert.Equal(137, await execution.WaitAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_watcher_is_not_told_to_let_go_of_what_may_run_still()
    {
        var execution = await StartAsync();
        var failure = await Assert.ThrowsAsync<HpcException>(async () => await execution.DisposeAsync());
        Assert.Contains("no process can be made", failure.Message, StringComparison.Ordinal);
        Assert.Equal(Told, await _container.LifelineEnd);
    }

    [Fact]
    public async Task A_watcher_is_told_of_an_end_that_is_known()
    {
        _container.LastWords = "";
        await using (var execution = await StartAsync())
        {
            await _container.EndCommandAsync(3);
            Assert.Equal(3, await execution.WaitAsync(CancellationToken.None));
        }

        Assert.Equal(Told + "done|", await _container.LifelineEnd);
    }

    [Fact]
    public async Task A_command_that_nobody_watches_any_more_is_ended_and_that_is_told()
    {
        _container.EndingWords = "ended\n";
        await using var execution = await StartAsync();
        await _container.KillWatcherAsync();
        var failure = await Assert.ThrowsAsync<HpcException>(() => execution.WaitAsync(CancellationToken.None));
        Assert.Contains("watches over", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_user_than_the_container_s_has_none_of_its_variables()
    {
        _container.LastWords = _container.EndingWords = "ended\n";
        await using var execution = await new DockerExecutions(_client).StartAsync(
            "f00",
            new ExecutionRequest(["id"]) { User = "0:0", EndsWithCaller = true, Environment = new Dictionary<string, string> { ["OF"] = "caller" } },
            CancellationToken.None);
        string[] without = ["PATH", "BASH_FUNC_id%%", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
        Assert.Equal(without, _container.Created.First().Variables);
        Assert.Equal([.. without, "OF=caller"], _container.Created.Last().Variables);
    }

    private async Task<IExecution> StartAsync() => await new DockerExecutions(_client).StartAsync(
        "f00", new ExecutionRequest(["sleep", "7"]) { EndsWithCaller = true }, CancellationToken.None);
}
