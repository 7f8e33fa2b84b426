using Docker.DotNet.Models;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Engines.Docker;

public sealed class PullMessagesTests
{
    private readonly List<PullProgress> _told = [];

    [Fact]
    public void Layers_add_up_and_one_that_is_complete_counts_in_full()
    {
        var messages = new PullMessages(new Recorder(_told));
        messages.Report(Message("a", "Pulling fs layer"));
        messages.Report(Message("a", "Downloading", 10, 100));
        messages.Report(Message("b", "Downloading", 5, 50));
        messages.Report(Message("a", "Download complete"));
        messages.Report(Message("b", "Already exists"));
        messages.Report(Message("a", "Extracting", 1, 100));

        Assert.Equal(
            [new("downloading", 10, 100), new("downloading", 15, 150), new("downloading", 105, 150), new("unpacking", 105, 150)], _told);
        Assert.Null(messages.Error);
    }

    [Fact]
    public void A_layer_of_unknown_size_is_never_more_than_the_whole()
    {
        var messages = new PullMessages(new Recorder(_told));
        messages.Report(Message("a", "Downloading", 10, null));
        Assert.Equal(new PullProgress("downloading", 10, 10), Assert.Single(_told));
    }

    [Fact]
    public void The_first_error_stays_and_a_pull_without_an_audience_tells_it_too()
    {
        var messages = new PullMessages(progress: null);
        messages.Report(Message("a", "Downloading", 10, 100));
        messages.Report(new JSONMessage { Error = new JSONError { Message = "unexpected EOF" } });
        messages.Report(new JSONMessage { Error = new JSONError { Message = "context cancelled" } });
        Assert.Equal("unexpected EOF", messages.Error);
    }

    private static JSONMessage Message(string layer, string status, long? current = null, long? total = null) => new()
    {
        ID = layer,
        Status = status,
        Progress = current is null ? null : new JSONProgress { Current = current, Total = total },
    };

    private sealed class Recorder(List<PullProgress> told) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => told.Add(value);
    }
}
