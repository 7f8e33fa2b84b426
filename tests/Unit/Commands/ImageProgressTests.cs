using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.Images.Import;
using PisaHpc.Module.Base;

namespace PisaHpc.Unit.Commands;

public sealed class ImageProgressTests
{
    [Fact]
    public void An_import_shows_bytes_files_and_the_time_left()
    {
        var record = Record(new ImportProgress(1L << 30, 5L << 30, 10_000, 52_113), 10);
        Assert.Equal(
            ("1.0 GiB of 5.0 GiB, 10,000 of 52,113 files", 20, 40),
            (record.StatusDescription, record.PercentComplete, record.SecondsRemaining));
    }

    [Fact]
    public void What_nobody_knows_is_not_shown()
    {
        var record = Record(new ImportProgress(512, null, null, null), 10);
        Assert.Equal(("512 B", -1, -1), (record.StatusDescription, record.PercentComplete, record.SecondsRemaining));
        Assert.Equal("0 B of 1.0 KiB, 0 files", Record(new ImportProgress(0, 1024, 0, null), 0).StatusDescription);
    }

    [Fact]
    public void The_last_percent_is_the_engine_s() => Assert.Equal(99, Record(new ImportProgress(100, 100, 1, 1), 1).PercentComplete);

    [Fact]
    public void A_push_shows_each_layer_below_the_image_and_takes_all_of_it_away()
    {
        var shown = new List<ProgressRecord>();
        var bar = new PushProgressBar("Publishing a:1", shown.Add);
        bar.Report(new LayerPush("aaa", "Pushing", 1 << 20, 4 << 20));
        bar.Report(new LayerPush("bbb", "Layer already exists", 0, 0));
        bar.Report(new LayerPush("aaa", "Pushed", 0, 0));
        var layer = shown[1];
        Assert.Equal((1, "0 of 1 layer"), (shown[0].ActivityId, shown[0].StatusDescription));
        Assert.Equal(
            ("aaa", "Pushing 1.0 MiB of 4.0 MiB", 25, 1),
            (layer.Activity, layer.StatusDescription, layer.PercentComplete, layer.ParentActivityId));
        Assert.Equal("2 of 2 layers", shown[^2].StatusDescription);
        shown.Clear();
        bar.Complete();
        bar.Report(new LayerPush("ccc", "Pushing", 0, 0));
        Assert.Equal([1, 2, 3], shown.Select(record => record.ActivityId));
        Assert.All(shown, record => Assert.Equal(ProgressRecordType.Completed, record.RecordType));
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.0 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(5368709120, "5.0 GiB")]
    [InlineData(long.MaxValue, "8388608.0 TiB")]
    public void Sizes_are_rounded_for_readers(long bytes, string words) => Assert.Equal(words, ByteSize.Words(bytes));

    private static ProgressRecord Record(ImportProgress progress, double seconds) =>
        new ImportProgressBar("Importing", _ => { }).RecordOf(progress, TimeSpan.FromSeconds(seconds));
}
