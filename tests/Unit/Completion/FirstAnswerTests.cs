using PisaHpc.Module.Completion;

namespace PisaHpc.Unit.Completion;

/// <summary>What any of several nodes can tell.</summary>
public sealed class FirstAnswerTests
{
    private static readonly string[] Nodes = ["down", "silent", "empty", "full"];

    [Fact]
    public async Task One_that_is_down_one_that_says_nothing_and_one_that_knows_nothing_hold_up_nobody() =>
        Assert.Equal("full's", await FirstAnswer.OfAsync(Nodes, AskAsync, CancellationToken.None));

    [Fact]
    public async Task Those_that_were_not_heard_are_asked_no_further()
    {
        var given = new TaskCompletionSource<CancellationToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        await FirstAnswer.OfAsync<string>(
            ["silent", "full"],
            (node, stopping) =>
            {
                if (node == "silent")
                {
                    given.SetResult(stopping);
                }

                return AskAsync(node, stopping);
            },
            CancellationToken.None);
        Assert.True((await given.Task).IsCancellationRequested);
    }

    [Fact]
    public async Task However_many_are_down_the_next_are_asked()
    {
        var nodes = Enumerable.Repeat("down", 100).Append("full");
        Assert.Equal("full's", await FirstAnswer.OfAsync(nodes, AskAsync, CancellationToken.None));
    }

    [Fact]
    public async Task Where_all_were_asked_and_none_knows_there_is_no_answer() =>
        Assert.Null(await FirstAnswer.OfAsync(["empty", "empty"], AskAsync, CancellationToken.None));

    [Fact]
    public async Task Where_not_all_could_be_asked_and_none_knows_it_fails() => await Assert.ThrowsAsync<HpcException>(
        () => FirstAnswer.OfAsync(["empty", "down"], AskAsync, CancellationToken.None));

    private static async Task<string?> AskAsync(string node, CancellationToken stopping)
    {
        switch (node)
        {
            case "down":
                throw new HpcException(ErrorId.NodeUnreachable, "Node down cannot be reached.", node);
            case "silent":
                await Task.Delay(Timeout.Infinite, stopping);
                return "never";
            default:
                return node == "full" ? "full's" : null;
        }
    }
}
