using PisaHpc.Engines;

namespace PisaHpc.Unit.Nodes;

/// <summary>The fake engine tells what happens to its containers.</summary>
public class FakeEventLogTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_container_s_life_is_told_to_whoever_asks_for_its_label()
    {
        var cluster = new FakeCluster();
        IContainerEngine engine = cluster.EngineOf("o2wn01");
        var id = await engine.CreateAsync(Spec("mine"), None);
        await engine.CreateAsync(Spec("other"), None);
        await engine.StartAsync(id, None);
        await engine.RestartAsync(id, TimeSpan.Zero, None);
        await engine.RemoveAsync(id, None);
        var kinds = new List<ContainerEventKind>();
        await foreach (var told in engine.ReadEventsAsync(DateTimeOffset.MinValue, new Dictionary<string, string?> { ["mine"] = null }, None))
        {
            kinds.Add(told.Kind);
            if (told.Kind == ContainerEventKind.Destroyed)
            {
                break;
            }
        }

        Assert.Equal(
            [
                ContainerEventKind.Created, ContainerEventKind.Started, ContainerEventKind.Died, ContainerEventKind.Started,
                ContainerEventKind.Destroyed,
            ],
            kinds);
    }

    private static ContainerSpec Spec(string label) => new()
    {
        Name = label,
        Image = "pisa/tiny:1",
        Command = ["sleep"],
        User = "0:0",
        Labels = new Dictionary<string, string> { [label] = "1" },
    };
}
