using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Native;

/// <summary>Root starts a client of another user's agent, which is a process of that user's then.</summary>
[SupportedOSPlatform("linux")]
public sealed class ClientScriptTests
{
    /// <summary>Its owner could type into root's shell by its terminal, or look into what root's process held. Needs root.</summary>
    [Fact]
    public async Task A_client_that_root_starts_has_no_terminal_and_shows_its_user_nothing()
    {
        await using var agent = await ServedAgent.StartAsync();
        var directory = Directory.CreateTempSubdirectory("pisahpc-client-");
        await RunAsync("chown", "4001:4001", directory.FullName);
        var room = Checkout.PathOf("src", "PisaHpc");
        var program = Checkout.PathOf("out", "native");
        using (TestTerminal.StartShell(agent, "sh", "-c", $"cd {room} && . Access/Agent/agent-client.sh; "
            + $"agent_client {directory.FullName} {program} --wait 600 --probe"))
        {
            int? client = null;
            await Wait.UntilAsync(() => (client = ClientOf(directory.FullName)) is not null, () => "there is no client");
            await Wait.UntilAsync(() => OwnerOf(client!.Value) == "0\n", () => "its user may look into it");
            var fields = (await File.ReadAllTextAsync($"/proc/{client}/stat")).Split(") ")[^1].Split(' ');
            Assert.Equal("0", fields[4]); // the terminal, proc(5)
            Assert.Contains("Uid:\t4001\t", await File.ReadAllTextAsync($"/proc/{client}/status"), StringComparison.Ordinal);
            Assert.Equal(0, Libc.Kill(client!.Value, Libc.SigKill));
        }

        directory.Delete(recursive: true);
    }

    private static int? ClientOf(string directory) =>
        (from path in Directory.EnumerateDirectories("/proc")
         where int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out _) && IsClient(path, directory)
         select (int?)int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).FirstOrDefault();

    private static bool IsClient(string path, string directory)
    {
        try
        {
            var command = File.ReadAllText(path + "/cmdline").Split('\0');
            return command[0].EndsWith("/pisahpc-run", StringComparison.Ordinal) && command.Contains(directory + "/agent/socket");
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string OwnerOf(int process) => RunAsync("stat", "-c", "%u", $"/proc/{process}/fd").Result;

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
