using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>What a client takes for its agent's session, which says what a test wants and when it wants it.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ScriptedAgent : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-scripted-");
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
    private readonly string _path;
    private Socket? _session;

    public ScriptedAgent()
    {
        _path = Path.Combine(_directory.FullName, "socket");
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen();
    }

    /// <summary>Starts a client of it and waits until that has asked for its program, with its signals taken.</summary>
    /// <param name="prefix">What is to start it.</param>
    /// <param name="program">The client's program.</param>
    public async Task<ClientRun> StartAsync(IEnumerable<string>? prefix = null, string? program = null)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        _session?.Dispose();
        var run = ClientRun.Start(
            ["env", "--ignore-environment", "--default-signal", .. prefix ?? [], program ?? ServedAgent.ClientProgram, "--socket", _path, "program"],
            "A=B",
            null);
        _session = await _listener.AcceptAsync(limit.Token);
        _session.ReceiveTimeout = (int)Wait.Limit.TotalMilliseconds;
        Assert.Equal(AgentMessage.Begin, AgentMessage.Receive(_session)?.Type);
        Assert.Equal(AgentMessage.Text, AgentMessage.Receive(_session)?.Type);
        return run;
    }

    public void Say(uint type, uint value = 0, uint detail = 0) => Say(AgentMessage.Of(type, value, detail));

    /// <summary>Sends a packet; one who has left is told nothing.</summary>
    public void Say(byte[] packet, params int[] descriptors) => _ = Libc.Send(_session!.SafeHandle, packet, descriptors);

    public void Leave() => _session!.Dispose();

    /// <summary>The next signal that the client hands on, and whether to the group.</summary>
    public (uint Number, bool Group) NextSignal()
    {
        var (type, value, detail) = AgentMessage.ReceiveWhole(_session!)!.Value;
        Assert.Equal(AgentMessage.Signal, type);
        return (value, detail == 1);
    }

    /// <summary>Sends a signal to the client and waits until it has read it, proc(5).</summary>
    public static async Task SignalAsync(ClientRun run, int number)
    {
        run.Signal(number);
        await Wait.UntilAsync(() => (Pending(run.Id) & (1UL << (number - 1))) == 0, () => $"signal {number} is not read");
    }

    public void Dispose()
    {
        _session?.Dispose();
        _listener.Dispose();
        _directory.Delete(recursive: true);
    }

    private static ulong Pending(int process) => ulong.Parse(
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("ShdPnd:", StringComparison.Ordinal)).Split('\t')[1],
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture);
}
