using System.Diagnostics;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>The lock that a node holds for whoever brings it to what is declared, by its script in a real shell.</summary>
public sealed class SyncLockTests : IDisposable
{
    private static readonly NodeScript Script = NodeScript.Of("Environments/hold-sync.sh");

    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("pisahpc-sync-");

    public void Dispose() => _scratch.Delete(recursive: true);

    [Fact]
    public void One_holds_it_until_its_input_ends_and_the_second_is_told_who()
    {
        using var first = Start("alice@head1", silence: 60);
        Assert.Equal("held", first.StandardOutput.ReadLine());
        using (var second = Start("bob@head2", silence: 60))
        {
            Assert.Equal("alice@head1\n", second.StandardError.ReadToEnd());
            Assert.Equal(75, CodeOf(second));
        }

        first.StandardInput.Close();
        Assert.Equal(0, CodeOf(first));
        using var third = Start("bob@head2", silence: 60);
        Assert.Equal("held", third.StandardOutput.ReadLine());
        third.StandardInput.Close();
        Assert.Equal(0, CodeOf(third));
    }

    /// <summary>A host that vanished ends no connection.</summary>
    [Fact]
    public async Task One_who_is_silent_for_too_long_holds_it_no_more()
    {
        using var held = Start("alice@head1", silence: 2);
        Assert.Equal("held", await held.StandardOutput.ReadLineAsync());
        for (var beat = 0; beat < 4; beat++)
        {
            // Twice as long as it may be silent, and never silent for so long.
            await Task.Delay(1000);
            await held.StandardInput.WriteAsync('.');
            await held.StandardInput.FlushAsync();
        }

        Assert.False(held.HasExited);
        Assert.Equal(0, CodeOf(held));
        using var next = Start("bob@head2", silence: 60);
        Assert.Equal("held", await next.StandardOutput.ReadLineAsync());
        next.StandardInput.Close();
        Assert.Equal(0, CodeOf(next));
    }

    private static int CodeOf(Process process)
    {
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)));
        return process.ExitCode;
    }

    private Process Start(string asker, int silence)
    {
        var command = Script.Command(Path.Combine(_scratch.FullName, "cs7"), asker, $"{silence}");
        var start = new ProcessStartInfo("/bin/sh", command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
