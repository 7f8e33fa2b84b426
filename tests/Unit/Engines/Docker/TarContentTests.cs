using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

public sealed class TarContentTests
{
    [Fact]
    public async Task Who_leaves_before_the_body_is_whole_leaves_it_without_an_end()
    {
        await using var connection = new DrainAfterWriteFailureStream(new MemoryStream());
        TarContent? content = null;
        content = new TarContent((_, _) => Task.FromResult(content!.TryLeave()), connection);
        using (content)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => content.CopyToAsync(Stream.Null));
            Assert.False(content.IsWhole);
        }
    }

    [Fact]
    public async Task Nobody_leaves_a_body_that_is_whole()
    {
        await using var connection = new DrainAfterWriteFailureStream(new MemoryStream());
        using var content = new TarContent((_, _) => Task.CompletedTask, connection);
        await content.CopyToAsync(Stream.Null);
        Assert.Equal((false, true), (content.TryLeave(), content.IsWhole));
    }
}
