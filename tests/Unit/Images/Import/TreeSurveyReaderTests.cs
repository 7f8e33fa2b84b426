using System.Text;
using PisaHpc.Images.Import;

namespace PisaHpc.Unit.Images.Import;

public sealed class TreeSurveyReaderTests
{
    private static readonly TreeExclusions Nothing = new([], [], []);
    private static readonly Entry Root = new("d", "");

    [Fact]
    public async Task Counts_files_and_the_blocks_of_a_tar()
    {
        var survey = await SurveyAsync(Root, new Entry("f", "a", Size: 1), new Entry("f", "b", Size: 1025), new Entry("l", "c", Target: "a"));
        Assert.Equal((4, (4 * 512) + 512 + 1536), (survey.Files, survey.Bytes));
    }

    [Fact]
    public async Task A_file_with_two_names_has_its_content_once()
    {
        var survey = await SurveyAsync(Root, new Entry("f", "a", Size: 512, Links: 2, Inode: 7), new Entry("f", "b", Size: 512, Links: 2, Inode: 7));
        Assert.Equal((3 * 512) + 512, survey.Bytes);
    }

    [Fact]
    public async Task The_digest_does_not_depend_on_the_order_or_on_where_reads_end()
    {
        var forward = await SurveyAsync(Root, new Entry("f", "a"), new Entry("f", "b"));
        var backward = await SurveyAsync(new Entry("f", "b"), new Entry("f", "a"), Root);
        using var drops = new OneByteStream(Text(Root, new Entry("f", "a"), new Entry("f", "b")));
        Assert.Equal(forward, backward);
        Assert.Equal(forward, await new TreeSurveyReader(Nothing, _ => false).ReadAsync(drops, CancellationToken.None));
    }

    public static TheoryData<Entry> Changes =>
    [
        new Entry("f", "b"), new Entry("d", "a"), new Entry("f", "a", Mode: "755"), new Entry("f", "a", Owner: "1"), new Entry("f", "a", Size: 1),
        new Entry("f", "a", Time: "2.5"), new Entry("l", "a", Target: "x"),
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Every_property_of_a_file_is_in_the_digest(Entry changed) =>
        Assert.NotEqual((await SurveyAsync(Root, new Entry("f", "a"))).Digest, (await SurveyAsync(Root, changed)).Digest);

    [Fact]
    public async Task Where_the_tree_lies_is_not_in_the_digest_and_a_status_change_is_another_state()
    {
        var here = await SurveyAsync(Root, new Entry("f", "a", Changed: "1700000000.1234567890", Inode: 5));
        var there = await SurveyAsync(Root, new Entry("f", "a", Changed: "1700000000.1234567890", Inode: 6));
        var changed = await SurveyAsync(Root, new Entry("f", "a", Changed: "1700000000.1234567891", Inode: 5));
        Assert.Equal((here.Digest, here.State), (there.Digest, there.State));
        Assert.Equal(here.Digest, changed.Digest);
        Assert.NotEqual(here.State, changed.State);
    }

    [Fact]
    public async Task A_change_is_seen_behind_a_file_whose_status_changed_in_the_future()
    {
        var ahead = new Entry("f", "ahead", Changed: "9999999999.0");
        var before = await SurveyAsync(Root, ahead, new Entry("f", "a", Changed: "1700000000.0"));
        var after = await SurveyAsync(Root, ahead, new Entry("f", "a", Changed: "1700000001.0"));
        Assert.NotEqual(before.State, after.State);
    }

    [Fact]
    public async Task Two_of_a_kind_are_not_none()
    {
        var twice = await SurveyAsync(Root, new Entry("f", "a"), new Entry("f", "a"));
        Assert.NotEqual((await SurveyAsync(Root)).Digest, twice.Digest);
    }

    [Fact]
    public async Task Directories_that_go_empty_have_no_times_of_their_own()
    {
        var quiet = await SurveyAsync(Root, new Entry("d", "proc", Time: "1.0", Changed: "1.0"));
        var busy = await SurveyAsync(Root, new Entry("d", "proc", Time: "9.0", Changed: "9.0", Owner: "3"));
        Assert.Equal(quiet, busy);
        Assert.NotEqual(quiet.Digest, (await SurveyAsync(Root, new Entry("f", "proc"))).Digest);
    }

    [Fact]
    public async Task Holes_are_told_with_the_file_that_has_most_of_them()
    {
        var survey = await SurveyAsync(
            Root, new Entry("f", "var/log/lastlog", Size: 3 << 20), new Entry("f", "small", Size: 2 << 20), new Entry("f", "full", Size: 4096, Blocks: 8));
        Assert.Equal((5L << 20, "var/log/lastlog"), (survey.HoleBytes, survey.LargestHole));
    }

    [Fact]
    public async Task Directories_with_a_default_access_list_are_named_but_none_that_goes_empty()
    {
        using var stream = new MemoryStream(Text(Root, new Entry("d", "a"), new Entry("d", "b"), new Entry("d", "proc"), new Entry("f", "a/c")));
        var reader = new TreeSurveyReader(Nothing, path => !path.SequenceEqual("b"u8.ToArray()));
        await reader.ReadAsync(stream, CancellationToken.None);
        Assert.Equal(["a"], reader.DefaultLists.Select(Encoding.UTF8.GetString));
    }

    [Fact]
    public async Task Names_need_not_be_text()
    {
        var bytes = Text(new Entry("f", "a?"));
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xff;
        using var stream = new MemoryStream(bytes);
        Assert.Equal(1, (await new TreeSurveyReader(Nothing, _ => false).ReadAsync(stream, CancellationToken.None)).Files);
    }

    [Theory]
    [InlineData("f\0")]
    [InlineData("f\0644\0x\0x\0many\00\01\01\00.0\00.0\0\0a\0")]
    public async Task What_find_does_not_print_is_refused(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await Assert.ThrowsAsync<InvalidDataException>(() => new TreeSurveyReader(Nothing, _ => false).ReadAsync(stream, CancellationToken.None));
    }

    private static async Task<TreeSurvey> SurveyAsync(params Entry[] entries)
    {
        using var stream = new MemoryStream(Text(entries));
        return await new TreeSurveyReader(Nothing, _ => false).ReadAsync(stream, CancellationToken.None);
    }

    private static byte[] Text(params Entry[] entries) => Encoding.UTF8.GetBytes(string.Concat(entries.Select(entry => entry.Printed)));

    /// <summary>A file as find prints it.</summary>
    public sealed record Entry(
        string Type,
        string Path,
        long Size = 0,
        long? Blocks = 0,
        int Links = 1,
        long Inode = 1,
        string Mode = "644",
        string Owner = "0",
        string Time = "1.5",
        string Changed = "1.5",
        string Target = "")
    {
        internal string Printed => string.Concat(
            new object?[] { Type, Mode, Owner, 0, Size, Blocks, Links, Inode, Time, Changed, Target, Path }.Select(value => $"{value}\0"));
    }

    private sealed class OneByteStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..1], cancellationToken);
    }
}
