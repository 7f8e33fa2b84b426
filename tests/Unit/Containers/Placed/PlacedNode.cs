using System.Diagnostics;
using System.Runtime.Versioning;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Containers.Placed;

/// <summary>
/// A node of its own for one test, by the module's scripts in a real shell: a run directory, a static environment's directory, and users'
/// processes. The container is this machine's own control group, by a letter of its name.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class PlacedNode : IDisposable
{
    public const string Mark = "1879070200";

    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("pisahpc-placed-");
    private readonly List<Process> _processes = [];

    public PlacedNode()
    {
        Directory.CreateDirectory(Static, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(_scratch.FullName, (UnixFileMode)0b111_101_101);
    }

    public string Run => Path.Combine(_scratch.FullName, "run");

    public string Static => Path.Combine(_scratch.FullName, "static");

    public string Records => Path.Combine(Run, ".placed");

    /// <summary>What every control group of this machine's processes has in its name.</summary>
    public static string Container => File.ReadAllText("/proc/self/cgroup").First(char.IsAsciiHexDigitLower).ToString();

    /// <summary>Runs a script of the folder.</summary>
    public static (int Code, string Output, string Error) Script(string name, string input, params string[] arguments)
    {
        using var shell = Begin(NodeScript.Of($"Containers/Placed/{name}.sh").Command(arguments));
        shell.StandardInput.Write(input);
        shell.StandardInput.Close();
        var error = shell.StandardError.ReadToEndAsync();
        var output = shell.StandardOutput.ReadToEnd();
        Assert.True(shell.WaitForExit(TimeSpan.FromSeconds(60)));
        return (shell.ExitCode, output, error.Result);
    }

    public (int Code, string Output, string Error) Claim(string job, string mark = Mark, string? container = null, string labels = "{}") => Script(
        "placed-claim", labels + "\n", Run, job, Static, container ?? Container, mark, $"{Run}/.static/cs7/{job}", "daemon");

    public (int Code, string Output, string Error) Confirm(string job) => Script("placed-confirm", "", Run, job);

    public string List()
    {
        var (code, output, error) = Script("placed-list", "", Run);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    public (int Code, string Output, string Error) End(string job, string owner = "", int grace = 0, string identity = "", bool forget = false) =>
        Script("placed-end", "", Run, job, owner, $"{grace}", identity, forget ? "forget" : "");

    /// <summary>A user's process, of a group more. What it says first is waited for, so that it is what it is to be.</summary>
    public Process User(string group, string line, string uid = "1")
    {
        var process = Begin(["setpriv", "--reuid", uid, "--regid", uid, "--groups", group, "--no-new-privs", "sh", "-c", line]);
        _processes.Add(process);
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        return process;
    }

    public static bool Ends(Process process) => process.WaitForExit(TimeSpan.FromSeconds(10));

    /// <summary>Whether a process runs, whoever's child it is.</summary>
    public static bool Runs(string id) =>
        File.Exists($"/proc/{id}/status") && !File.ReadAllText($"/proc/{id}/status").Contains("State:\tZ", StringComparison.Ordinal);

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        _scratch.Delete(recursive: true);
    }

    private static Process Begin(IReadOnlyList<string> command) => Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
