using System.Buffers.Binary;
using System.Text;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Engines.Docker;

public class ContainerLogTests
{
    private const string T1 = "2026-08-01T10:00:00.123456789Z";
    private const string T2 = "2026-08-01T10:00:01.000000000Z";

    [Fact]
    public async Task Frames_of_both_streams_become_lines_with_their_times()
    {
        var lines = await ReadAsync([Frame(1, $"{T1} one\n"), Frame(2, $"{T2} two\n")]);
        Assert.Collection(
            lines,
            line => Assert.Equal(("stdout", "one", new DateTimeOffset(2026, 8, 1, 10, 0, 0, TimeSpan.Zero)), (line.Stream, line.Text, line.Time.AddTicks(-line.Time.Ticks % TimeSpan.TicksPerSecond))),
            line => Assert.Equal(("stderr", "two"), (line.Stream, line.Text)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    public async Task Lines_cut_across_reads_are_put_together(int chunk)
    {
        var lines = await ReadAsync([Frame(1, $"{T1} über\n"), Frame(2, $"{T2} zwei\n"), Frame(1, $"{T2} \n")], chunk);
        Assert.Equal(["über", "zwei", ""], lines.Select(line => line.Text));
    }

    [Fact]
    public async Task A_line_stored_in_pieces_is_one_line_even_when_the_other_stream_comes_between()
    {
        var lines = await ReadAsync([Frame(1, $"{T1} {new string('a', 16384)}"), Frame(2, $"{T2} between\n"), Frame(1, $"{T2} b\n")]);
        Assert.Equal(["between", new string('a', 16384) + "b"], lines.Select(line => line.Text));
        Assert.Equal(0, lines[1].Time.Second);
    }

    [Fact]
    public async Task Text_that_looks_like_a_time_stays_when_it_begins_no_piece() =>
        Assert.Equal([$"{T2} said the clock"], (await ReadAsync([Frame(1, $"{T1} {T2} said the clock\n")])).Select(line => line.Text));

    [Fact]
    public async Task The_last_line_needs_no_line_end() =>
        Assert.Equal("dying words", Assert.Single(await ReadAsync([Frame(1, $"{T1} dying words")])).Text);

    [Fact]
    public async Task A_terminal_s_log_has_no_frames()
    {
        await using var frames = new LogFrames(new MemoryStream(Encoding.UTF8.GetBytes($"{T1} one\r\n{T2} two\r\n")), multiplexed: false);
        Assert.Equal(["one", "two"], (await LinesAsync(frames, whole: false)).Select(line => line.Text));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public async Task A_stream_that_ends_inside_a_frame_is_an_error(int left) =>
        await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync([Frame(1, $"{T1} one\n"), Frame(1, $"{T1} two\n")[..left]]));

    [Fact]
    public async Task A_stream_that_is_no_log_is_an_error() =>
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync([Encoding.ASCII.GetBytes("{\"message\":\"no\"}")]));

    private static byte[] Frame(byte stream, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var frame = new byte[8 + body.Length];
        frame[0] = stream;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), body.Length);
        body.CopyTo(frame, 8);
        return frame;
    }

    private static async Task<List<EngineLogLine>> ReadAsync(byte[][] frames, int chunk = int.MaxValue)
    {
        await using var source = new LogFrames(new ChunkedStream(frames.SelectMany(frame => frame).ToArray(), chunk), multiplexed: true);
        return await LinesAsync(source, whole: true);
    }

    private static async Task<List<EngineLogLine>> LinesAsync(LogFrames frames, bool whole)
    {
        var lines = new LogLines(whole);
        var all = new List<EngineLogLine>();
        while (await frames.NextAsync(CancellationToken.None) is { } frame)
        {
            all.AddRange(lines.Add(frame));
        }

        all.AddRange(lines.Rest());
        return all;
    }

    /// <summary>Gives at most so many bytes for each read, as a network does.</summary>
    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
