using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Native;

/// <summary>An agent that listens in a directory of its own, with variables of its own as in a container, and clients of it.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ServedAgent : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-agent-");
    private readonly Process _process;
    private readonly Task<string> _error;

    private ServedAgent(string program, IEnumerable<string> options, string? socket)
    {
        Socket = socket ?? Path.Combine(Folder, "socket");
        var start = new ProcessStartInfo("env", ["--default-signal", program, "serve", Socket, .. options])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The program that the build made.</summary>
    public static string Program { get; } = Checkout.PathOf("out", "native", "pisahpc-agent");

    /// <summary>It by the client's name.</summary>
    public static string ClientProgram { get; } = Checkout.PathOf("out", "native", "pisahpc-run");

    /// <summary>The container's variables.</summary>
    public static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>
    {
        ["PATH"] = "/usr/bin:/bin",
        ["HOME"] = "/home/ada",
        ["USER"] = "ada",
        ["LOGNAME"] = "ada",
        ["SHELL"] = "/bin/sh",
        ["IMAGE_ONLY"] = "of the image",
        ["BOTH"] = "of the image",
        // What the sanitizers would otherwise do at the end of every process.
        ["ASAN_OPTIONS"] = "detect_leaks=0",
    };

    /// <summary>A variable that only this agent's programs have, by which they are found.</summary>
    public string Mark { get; } = $"PISAHPC_TEST={Guid.NewGuid():N}";

    public string Folder => _directory.FullName;

    public string Socket { get; }

    public int Id => _process.Id;

    /// <summary>How many descriptors the agent has open.</summary>
    public int Descriptors => Directory.GetFiles($"/proc/{Id}/fd").Length;

    /// <summary>Starts one and waits until it answers.</summary>
    public static async Task<ServedAgent> StartAsync(params IEnumerable<string> options)
    {
        var agent = Begin(options);
        (await agent.RunAsync(["--wait", "30", "--probe"])).EndedWith(0);
        // A session goes a little after its client.
        await Wait.UntilAsync(() => agent.Sessions().Count == (options.Contains("--") ? 1 : 0), () => "the probe's session is still there");
        return agent;
    }

    /// <summary>Starts one, of another build if need be, and does not wait.</summary>
    public static ServedAgent Begin(IEnumerable<string> options, string? program = null, string? socket = null) =>
        new(program ?? Program, options, socket);

    /// <summary>Starts a client.</summary>
    /// <param name="arguments">What follows the client's name and the socket.</param>
    /// <param name="variables">The client's variables beside those of the tests; null as a value removes one.</param>
    public ClientRun Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? variables = null) =>
        ClientRun.Start(["env", "--default-signal", ClientProgram, "--socket", Socket, .. arguments], Mark, variables);

    /// <summary>Starts a client from a script, whose <c>"$@"</c> it is.</summary>
    public ClientRun StartBy(
        string shell, string script, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? variables = null) =>
        ClientRun.Start(
            ["env", "--default-signal", shell, "-c", script, shell, ClientProgram, "--socket", Socket, .. arguments], Mark, variables);

    /// <summary>Runs a client to its end.</summary>
    public async Task<ClientResult> RunAsync(
        IEnumerable<string> arguments, byte[]? input = null, IReadOnlyDictionary<string, string?>? variables = null)
    {
        using var run = Start(arguments, variables);
        return await run.EndAsync(input ?? []);
    }

    /// <summary>Runs a shell's line to its end.</summary>
    public Task<ClientResult> RunShellAsync(string line, IReadOnlyDictionary<string, string?>? variables = null) =>
        RunAsync(["sh", "-c", line], variables: variables);

    /// <summary>The processes that have the mark, the clients among them.</summary>
    public IReadOnlyList<int> Marked() =>
    [
        .. from path in Directory.EnumerateDirectories("/proc")
           let name = Path.GetFileName(path)
           where int.TryParse(name, CultureInfo.InvariantCulture, out _) && TextOf(path, "environ").Contains(Mark, StringComparison.Ordinal)
           select int.Parse(name, CultureInfo.InvariantCulture),
    ];

    /// <summary>The agent's own processes for its clients.</summary>
    public IReadOnlyList<int> Sessions() =>
    [
        .. from path in Directory.EnumerateDirectories("/proc")
           let name = Path.GetFileName(path)
           where int.TryParse(name, CultureInfo.InvariantCulture, out _)
           let fields = TextOf(path, "stat").Split(") ")[^1].Split(' ')
           where fields.Length > 1 && fields[1] == Id.ToString(CultureInfo.InvariantCulture)
           select int.Parse(name, CultureInfo.InvariantCulture),
    ];

    /// <summary>Waits until no process has the mark and the agent has none for clients.</summary>
    public async Task AssertNothingLeftAsync() =>
        await Wait.UntilAsync(() => Marked().Count == 0 && Sessions().Count == 0, () => $"left: {string.Join(' ', Marked().Concat(Sessions()))}");

    public void Signal(int number) => Assert.Equal(0, Libc.Kill(Id, number));

    /// <summary>Waits for the agent's end.</summary>
    public async Task<(int ExitCode, string Error)> EndAsync()
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, await _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        foreach (var left in Marked())
        {
            _ = Libc.Kill(left, Libc.SigKill);
        }

        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static string TextOf(string directory, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, file));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
