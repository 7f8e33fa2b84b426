using System.Diagnostics;
using System.Text;
using PisaHpc.Adapters.Ssh;

namespace PisaHpc.Unit.Ssh;

public sealed class CommandEndSentinelTests
{
    private readonly CommandEndSentinel _mark = new();

    [Fact]
    public void What_comes_before_the_mark_is_the_command_s_own_however_it_is_cut()
    {
        var whole = Encoding.ASCII.GetBytes($"pisahpc-end of no command\npisahpc-{Written(_mark)}");
        foreach (var size in Enumerable.Range(1, whole.Length))
        {
            Assert.Equal("pisahpc-end of no command\npisahpc-", Read(whole, size));
        }

        Assert.True(_mark.Seen.IsCompleted);
    }

    [Fact]
    public void A_command_that_prints_its_own_line_prints_no_mark()
    {
        var line = Encoding.ASCII.GetBytes(_mark.Script);
        Assert.Equal(line.Length, _mark.Split(line));
        Assert.False(_mark.Seen.IsCompleted);
    }

    [Fact]
    public void Another_command_s_mark_is_output()
    {
        var other = Written(new CommandEndSentinel());
        Assert.Equal(other, Read(Encoding.ASCII.GetBytes(other), 3));
    }

    private string Read(byte[] whole, int size)
    {
        var own = new List<byte>();
        var arrived = new List<byte>();
        foreach (var part in whole.Chunk(size))
        {
            arrived.AddRange(part);
            var count = _mark.Split(arrived.ToArray());
            own.AddRange(arrived.Take(count));
            arrived.RemoveRange(0, count);
        }

        return Encoding.ASCII.GetString([.. own]);
    }

    private static string Written(CommandEndSentinel mark)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", mark.Script]) { RedirectStandardOutput = true })!;
        return shell.StandardOutput.ReadToEnd();
    }
}
