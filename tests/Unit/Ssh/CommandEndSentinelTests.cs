using System.Diagnostics;
using System.Text;
using PisaHpc.Adapters.Ssh;

namespace PisaHpc.Unit.Ssh;

public sealed class CommandEndSentinelTests
{
    private readonly RemoteCommand _command = RemoteCommand.Streamed(["true"]);

    private CommandEndSentinel Mark => _command.End!;

    [Fact]
    public void What_comes_before_the_mark_is_the_command_s_own_however_it_is_cut()
    {
        var whole = Encoding.ASCII.GetBytes($"pisahpc-end of no command\npisahpc-{Written(_command)}");
        foreach (var size in Enumerable.Range(1, whole.Length))
        {
            Assert.Equal("pisahpc-end of no command\npisahpc-", Read(whole, size));
        }

        Assert.True(Mark.Seen.IsCompleted);
    }

    [Fact]
    public void A_command_that_prints_its_own_line_prints_no_mark()
    {
        var line = Encoding.ASCII.GetBytes(_command.DrainInputLine);
        Assert.Equal(line.Length, Mark.Split(line));
        Assert.False(Mark.Seen.IsCompleted);
    }

    [Fact]
    public void Another_command_s_mark_is_output()
    {
        var other = Written(RemoteCommand.Streamed(["true"]));
        Assert.Equal(other, Read(Encoding.ASCII.GetBytes(other), 3));
    }

    private string Read(byte[] whole, int size)
    {
        var own = new List<byte>();
        var arrived = new List<byte>();
        foreach (var part in whole.Chunk(size))
        {
            arrived.AddRange(part);
            var count = Mark.Split(arrived.ToArray());
            own.AddRange(arrived.Take(count));
            arrived.RemoveRange(0, count);
        }

        return Encoding.ASCII.GetString([.. own]);
    }

    /// <summary>What a command's shell writes when the command has ended.</summary>
    private static string Written(RemoteCommand command)
    {
        var start = new ProcessStartInfo("sh", ["-c", command.DrainInputLine]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var shell = Process.Start(start)!;
        shell.StandardInput.BaseStream.Write(RemoteCommand.Go.Span);
        shell.StandardInput.Close();
        var said = shell.StandardOutput.ReadToEnd();
        return said[(said.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }
}
