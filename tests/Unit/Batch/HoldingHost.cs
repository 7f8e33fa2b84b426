using System.Diagnostics;
using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Batch;

/// <summary>
/// A host on which the module's own script holds node n1 in a real shell. The batch system is made of files, and of programs over them that
/// answer as its own do: "closed" has the reason with which the node gets no job, "jobs" how many it has, and while there is a file
/// "away" nobody answers ("asked" is there once somebody was asked), "denied" nobody may close it, "down" it is down. What else the machine
/// has of batch systems is not found.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class HoldingHost : INodeConnection, IDisposable
{
    public const string Reason = "pisahpc: static cs7";

    private static readonly string[] Tools =
    [
        "sh", "awk", "cat", "date", "dd", "env", "find", "grep", "id", "mkfifo", "mv", "readlink", "rm", "sed", "seq", "sleep", "timeout",
        "tr",
    ];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-hold-");
    private readonly NodeHold _hold;

    public HoldingHost(Scheduler system)
    {
        _hold = NodeHold.Of(system, profile: null)!;
        Jobs = 0;
        _directory.CreateSubdirectory("tools");
        foreach (var tool in Tools)
        {
            File.CreateSymbolicLink(PathOf($"tools/{tool}"), $"/usr/bin/{tool}");
        }

        foreach (var (program, text) in HeldPrograms.Of(system))
        {
            Program(program, $"cd \"${{0%/*}}\" || exit\n[ ! -e away ] || {{ : >asked; echo 'nobody answers' >&2; exit 1; }}\n{text}");
        }
    }

    public string Node => "login1";

    public NodeHold Hold => _hold;

    /// <summary>The reason with which the node is closed; null where it is open.</summary>
    public string? Closed
    {
        get => Has("closed") ? Get("closed") : null;
        set => Set("closed", value);
    }

    /// <summary>The script that was started last.</summary>
    public Process? Last { get; private set; }

    public int Jobs { set => Set("jobs", $"{value}"); }

    /// <summary>A caller who waits for so many seconds, and is not heard of any more after so many.</summary>
    public Process Start(int wait = 0, string mark = "m1", int silence = 60) => Start(Line(wait, mark, silence));

    /// <summary>The script's command line.</summary>
    public IReadOnlyList<string> Line(int wait = 0, string mark = "m1", int silence = 60) =>
        _hold.Script.Command(["n1", $"{wait}", Reason, $"{silence}", mark, .. _hold.Arguments]);

    /// <param name="byPath">Whether its programs are where a login finds them.</param>
    public Process Start(IReadOnlyList<string> arguments, bool byPath = true)
    {
        var start = new ProcessStartInfo($"/bin/{arguments[0]}", arguments.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = (byPath ? $"{_directory.FullName}:" : "") + PathOf("tools");
        if (!byPath)
        {
            // A choice of the caller's, which a profile of the site's is to forget.
            start.Environment["LSF_SERVERDIR"] = "/nonexistent";
        }

        return Last = Process.Start(start)!;
    }

    /// <summary>Ends a caller's input, as its end does.</summary>
    /// <returns>The exit code.</returns>
    public static int End(Process held)
    {
        held.StandardInput.Close();
        return CodeOf(held);
    }

    public static int CodeOf(Process held)
    {
        Assert.True(held.WaitForExit(TimeSpan.FromSeconds(20)));
        return held.ExitCode;
    }

    public static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!isSo())
        {
            await Task.Delay(50, patience.Token);
        }
    }

    public bool Has(string file) => File.Exists(PathOf(file));

    public string Get(string file) => File.ReadAllText(PathOf(file));

    /// <summary>Writes a file, as a whole; null takes it away.</summary>
    public void Set(string file, string? text)
    {
        if (text is null)
        {
            File.Delete(PathOf(file));
            return;
        }

        File.WriteAllText(PathOf(file + ".new"), text);
        File.Move(PathOf(file + ".new"), PathOf(file), overwrite: true);
    }

    public string PathOf(string file) => Path.Combine(_directory.FullName, file);

    public Task<NodeCommandResult> RunAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Task.FromResult<INodeProcess>(new LocalProcess(Start(arguments)));

    public void Dispose() => _directory.Delete(recursive: true);

    private void Program(string name, string text)
    {
        File.WriteAllText(PathOf(name), $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(PathOf(name), (UnixFileMode)0b111_101_101);
    }
}
