using System.IO.Pipelines;
using System.Text;
using PisaHpc.Containers.Commands;

namespace PisaHpc.Unit.Containers.Commands;

public sealed class OutputLinesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("one\ntwo\n", "one|two")]
    [InlineData("no end", "no end")]
    [InlineData("\n\na\n", "||a")]
    [InlineData("dos\r\nbar 1%\rbar 2%\n", "dos|bar 1%\rbar 2%")]
    [InlineData("a\0b\nгрüße 計算\n", "a\0b|грüße 計算")]
    public async Task Lines_are_what_stands_between_line_feeds_however_the_bytes_come(string output, string lines)
    {
        foreach (var size in new[] { 1, 2, 3, 1000 })
        {
            Assert.Equal(lines, string.Join('|', await LinesAsync(Encoding.UTF8.GetBytes(output), size)));
        }
    }

    [Fact]
    public async Task No_byte_decides_how_the_others_are_read() => Assert.Equal(
        ["\ufffd\ufffda", "\ufeffb"], await LinesAsync([0xFF, 0xFE, (byte)'a', (byte)'\n', 0xEF, 0xBB, 0xBF, (byte)'b', (byte)'\n'], 1000));

    [Fact]
    public async Task A_line_without_end_comes_in_pieces_that_cut_no_character()
    {
        var text = "a" + string.Concat(Enumerable.Repeat("計", OutputLines.LongestLine));
        var lines = await LinesAsync(Encoding.UTF8.GetBytes(text + "\nlast"), 50_000);
        Assert.InRange(lines.Count, 4, 5);
        Assert.Equal((text, "last"), (string.Concat(lines.SkipLast(1)), lines[^1]));
    }

    [Fact]
    public async Task A_line_is_there_when_its_end_has_come()
    {
        var pipe = new Pipe();
        await using var lines = OutputLines.ReadAsync(pipe.Reader.AsStream(), CancellationToken.None).GetAsyncEnumerator();
        await pipe.Writer.WriteAsync("a line\nand a p"u8.ToArray());
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal(["a line"], lines.Current);
    }

    private static async Task<List<string>> LinesAsync(byte[] output, int size)
    {
        var lines = new List<string>();
        await foreach (var some in OutputLines.ReadAsync(new Slow(output, size), CancellationToken.None))
        {
            lines.AddRange(some);
        }

        return lines;
    }

    /// <summary>Gives so many bytes at a time.</summary>
    private sealed class Slow(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
