using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Setup;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Setup;

/// <summary>A restart in a real shell: whatever fails, and whoever dies, an engine that ran runs again.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class EngineRestartTests : IDisposable
{
    private const string Keeping = "old, and keeping";
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-restart-").FullName;

    public EngineRestartTests()
    {
        File.WriteAllText(Config, "new");
        File.WriteAllText(Backup, "old\n");
        File.WriteAllText(Marker, Backup + "\n");
    }

    private string Config => Path.Combine(_directory, "daemon.json");

    private string Backup => Path.Combine(_directory, "daemon.json.pisahpc-kept");

    private string Marker => SetupFacts.MarkerOf(Config);

    /// <summary>What the engine runs with; not there when it does not run.</summary>
    private string Running => Path.Combine(_directory, "running");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task An_engine_that_starts_with_the_new_configuration_keeps_it()
    {
        Assert.Equal(EngineStart.New, (await RestartAsync(Starting("new"))).Start);
        Assert.Equal(("new", "new"), (await ContentOf(Config), await ContentOf(Running)));
        AssertNothingLeft();
    }

    [Fact]
    public async Task One_that_does_not_has_the_old_configuration_that_keeps_its_containers()
    {
        var result = await RestartAsync(Starting("*keeping"));
        Assert.Equal(EngineStart.Keeping, result.Start);
        Assert.Contains("failed: no start with new\nit ended with 1.", result.Refusal, StringComparison.Ordinal);
        Assert.Equal((Keeping, Keeping), (await ContentOf(Config), await ContentOf(Running)));
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Keeping))), await File.ReadAllLinesAsync(Marker));
        AssertNothingLeft();
    }

    [Fact]
    public async Task One_that_does_not_start_with_that_either_has_the_very_old_file()
    {
        File.SetUnixFileMode(Backup, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal(EngineStart.Old, (await RestartAsync(Starting("old"))).Start);
        Assert.Equal(("old\n", "old\n"), (await ContentOf(Config), await ContentOf(Running)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead, File.GetUnixFileMode(Config));
        Assert.Equal("old\n", await ContentOf(Backup));
        AssertNothingLeft();
    }

    [Fact]
    public async Task Where_no_file_was_there_is_none_again()
    {
        Assert.Equal(EngineStart.Old, (await RestartAsync(Starting(""), new EngineWayBack("{}"u8.ToArray(), Old: null))).Start);
        Assert.False(File.Exists(Config));
    }

    [Fact]
    public async Task A_way_back_that_fails_once_is_tried_again()
    {
        var tries = Path.Combine(_directory, "tries");
        string[] secondTime = ["sh", "-c", "echo >> \"$1\"; [ \"$(cat \"$2\")\" = \"$3\" ] && [ \"$(wc -l < \"$1\")\" -ge 3 ]", "sh", tries, Config, Keeping];
        Assert.Equal(EngineStart.Keeping, (await RestartAsync(secondTime)).Start);
        Assert.Equal(3, (await File.ReadAllLinesAsync(tries)).Length);
    }

    [Fact]
    public async Task One_that_starts_with_nothing_is_told_with_its_first_and_last_words()
    {
        var result = await RestartAsync(Starting("never"));
        Assert.Equal(EngineStart.None, result.Start);
        Assert.Contains("no start with new", result.Refusal, StringComparison.Ordinal);
        Assert.Contains("no start with old", result.LastWords, StringComparison.Ordinal);
        Assert.Equal("old\n", await ContentOf(Config));
    }

    [Fact]
    public async Task One_that_did_not_run_is_not_started_with_what_it_did_not_run_with()
    {
        Assert.Equal(EngineStart.None, (await RestartAsync(Starting("old"), back: null)).Start);
        Assert.Equal("new", await ContentOf(Config));
    }

    [Fact]
    public async Task A_restart_that_hangs_is_ended()
    {
        string[] hangs = ["sh", "-c", "[ \"$(cat \"$1\")\" = \"$2\" ] || exec sleep 600", "sh", Config, Keeping];
        var result = await new EngineRestart(new LocalShell("o2wn01"), hangs, TimeSpan.FromMilliseconds(50)).RunAsync(Config, Marker, Back());
        Assert.Equal(EngineStart.Keeping, result.Start);
        Assert.Contains("it did not end within 0.05 s", result.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_is_killed_in_a_restart_leaves_a_running_engine()
    {
        var (begun, goOn) = (Path.Combine(_directory, "begun"), Path.Combine(_directory, "go-on"));
        string[] waits = ["sh", "-c", "touch \"$1\"; until [ -e \"$2\" ]; do sleep 0.02; done; shift 2; exec \"$@\"", "sh", begun, goOn, .. Starting("*keeping")];
        var killed = new KilledShell(begun);
        var failure = await Assert.ThrowsAsync<HpcException>(() => new EngineRestart(killed, waits, TimeSpan.FromSeconds(60)).RunAsync(Config, Marker, Back()));
        Assert.Equal(ErrorId.NodeUnreachable, failure.Id);

        await File.WriteAllTextAsync(goOn, "");
        while (!File.Exists(Running) || Directory.GetFiles(_directory, "*.pisahpc-old").Length > 0)
        {
            await Task.Delay(10);
        }

        Assert.Equal((Keeping, Keeping), (await ContentOf(Config), await ContentOf(Running)));
    }

    [Fact]
    public async Task What_did_not_come_whole_restarts_nothing()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(
            () => new EngineRestart(new CutShell(), Starting("new"), TimeSpan.FromSeconds(60)).RunAsync(Config, Marker, Back()));
        Assert.Contains("the connection broke before all of it had come", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Running));
    }

    [Fact]
    public async Task A_way_back_that_cannot_be_made_ready_restarts_nothing()
    {
        File.Delete(Backup);
        var failure = await Assert.ThrowsAsync<HpcException>(() => RestartAsync(Starting("new")));
        Assert.Contains(Backup, failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Running));
    }

    /// <summary>An engine that starts with a file that looks so, and with none for an empty pattern.</summary>
    private string[] Starting(string pattern) =>
    [
        "sh", "-c",
        $"rm -f \"$2\"; file=$(cat \"$1\" 2>/dev/null); case $file in {(pattern.Length > 0 ? pattern : "''")}) cat \"$1\" > \"$2\" || true ;; "
        + "*) echo \"no start with $file\"; exit 1 ;; esac",
        "sh", Config, Running,
    ];

    private EngineWayBack Back() => new(Encoding.UTF8.GetBytes(Keeping), Backup);

    private Task<RestartResult> RestartAsync(string[] command) => RestartAsync(command, Back());

    private Task<RestartResult> RestartAsync(string[] command, EngineWayBack? back) =>
        new EngineRestart(new LocalShell("o2wn01"), command, TimeSpan.FromSeconds(60)).RunAsync(Config, Marker, back);

    private void AssertNothingLeft() => Assert.Equal(
        new[] { Backup, Config, Marker, Running }.Order(StringComparer.Ordinal), Directory.GetFiles(_directory).Order(StringComparer.Ordinal));

    private static Task<string> ContentOf(string file) => File.ReadAllTextAsync(file);

    /// <summary>A caller that is killed as soon as a file is there, with the shell that it waits for.</summary>
    private sealed class KilledShell(string begun) : INodeConnection
    {
        public string Node => "o2wn01";

        public async Task<NodeCommandResult> RunAsync(IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
        {
            using Process process = LocalShell.Start(arguments);
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            process.StandardInput.Close();
            while (!File.Exists(begun))
            {
                await Task.Delay(10, cancellationToken);
            }

            process.Kill();
            await process.WaitForExitAsync(cancellationToken);
            throw new HpcException(ErrorId.NodeUnreachable, "The connection broke.", Node);
        }

        public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>A connection that breaks in the middle of the input, which is an end of file to the shell.</summary>
    private sealed class CutShell : INodeConnection
    {
        public string Node => "o2wn01";

        public Task<NodeCommandResult> RunAsync(IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
            new LocalShell(Node).RunAsync(arguments, input[..(input.Length / 2)], cancellationToken);

        public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
