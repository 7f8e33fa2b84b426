using System.Text;
using PisaHpc.Adapters.Ssh;

namespace PisaHpc.Unit.Ssh;

public sealed class LocalTransportTests
{
    /// <summary>A hook of root's may run with the variables of a job's user.</summary>
    [Fact]
    public async Task In_place_of_a_login_it_gives_commands_nothing_of_the_process_that_it_is_in()
    {
        Environment.SetEnvironmentVariable("PISAHPC_OF_A_JOB", "1");
        var text = await RunAsync(asLogin: true, "env; pwd; umask");
        Assert.DoesNotContain("PISAHPC_OF_A_JOB", text, StringComparison.Ordinal);
        Assert.Contains("\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", "\n" + text, StringComparison.Ordinal);
        Assert.Contains("\nHOME=/root\n", "\n" + text, StringComparison.Ordinal);
        Assert.EndsWith("\n/\n0022\n", text, StringComparison.Ordinal);
        Assert.Contains("PISAHPC_OF_A_JOB=1\n", await RunAsync(asLogin: false, "env"), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(bool asLogin, string script)
    {
        await using var transport = await LocalTransport.OpenAsync("localhost", asLogin);
        await using var session = await transport.StartAsync(RemoteCommand.WithoutInput(["sh", "-c", script]));
        var output = await session.ReadToEndAsync();
        Assert.Equal((0, true), (output.ExitCode, output.HasHead));
        return Encoding.UTF8.GetString(output.Output.Span);
    }
}
