using System.Diagnostics;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.BatchHooks;

/// <summary>How the hooks run a program in a bounded time.</summary>
public sealed class BoundedProgramTests
{
    /// <summary>A program may end before the watch beside it has begun to listen. Its hook would wait out the whole limit then.</summary>
    [Fact]
    public async Task A_program_that_ends_at_once_is_never_waited_for_until_its_limit()
    {
        const string Script = ". \"$1\"; i=0; while [ $i -lt 300 ]; do bounded 1000 true; i=$((i + 1)); done; echo \"$status\"";
        var hooks = Checkout.PathOf("hooks", "hook.sh");
        var runs = Enumerable.Range(0, 3).Select(_ => OutputOfAsync("timeout", "--signal=KILL", "120", "sh", "-c", Script, "sh", hooks));
        Assert.All(await Task.WhenAll(runs), output => Assert.Equal("0\n", output));
    }

    private static async Task<string> OutputOfAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        return await process.StandardOutput.ReadToEndAsync();
    }
}
