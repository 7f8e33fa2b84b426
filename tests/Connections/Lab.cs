using System.Text;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>The lab's nodes (lab/lab.sh up), reached in one way; what a test leaves on an engine under this lab's label is removed at the end.</summary>
public sealed class Lab : IAsyncLifetime
{
    /// <summary>Two nodes of the lab.</summary>
    public const string Node = "o2wn01";

    /// <summary>The lab's small image.</summary>
    public const string Image = "registry.lab:5000/pisa/tiny:1";

    private static readonly string State = Environment.GetEnvironmentVariable("PISAHPC_LAB_STATE") ?? "/var/lib/pisahpc-lab";
    private readonly string _mark = Guid.NewGuid().ToString("N");

    /// <summary>The way to the nodes, as root.</summary>
    public static NodeAccess Access { get; } = new()
    {
        User = "root",
        Keys = [Path.Combine(State, "ssh", "id_ed25519")],
        KnownHosts = [Path.Combine(State, "ssh", "known_hosts")],
        EngineSocket = "/run/docker.sock",
    };

    /// <summary>The label that marks what these tests make.</summary>
    public KeyValuePair<string, string?> Mark => new("pisahpc.test", _mark);

    /// <summary>A container that sleeps, under a name of its own.</summary>
    public ContainerSpec Spec => new()
    {
        Name = $"connections-{Guid.NewGuid():N}",
        Image = Image,
        Command = ["/bin/sleep", "1000"],
        User = "4001:4001",
        Labels = new Dictionary<string, string> { [Mark.Key] = _mark },
    };

    /// <summary>The engine's socket of a node, as this machine sees it.</summary>
    public static string SocketOf(string node) => $"/proc/{File.ReadAllText(Path.Combine(State, "nodes", node, "dockerd.pid")).Split()[0]}/root/run/docker.sock";

    /// <summary>A container's state and exit code.</summary>
    public static (ContainerState State, int? ExitCode) StateOf(EngineContainer? container) => (container!.State, container.ExitCode);

    /// <summary>Reads a line and no byte more; a terminal's carriage return is not part of it.</summary>
    public static async Task<string> LineAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one) > 0 && one[0] != '\n')
        {
            line.Add(one[0]);
        }

        return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
    }

    /// <summary>Runs a container to its end and gives its log.</summary>
    public static async Task<List<EngineLogLine>> OutputAsync(IContainerEngine engine, ContainerSpec spec)
    {
        var id = await engine.CreateAsync(spec, CancellationToken.None);
        await engine.StartAsync(id, CancellationToken.None);
        var lines = new List<EngineLogLine>();
        await foreach (var line in engine.ReadLogAsync(id, null, follow: true, CancellationToken.None))
        {
            lines.Add(line);
        }

        return lines;
    }

    public Task InitializeAsync()
    {
        Assert.True(File.Exists(Access.Keys[0]), $"The lab is not up: {Access.Keys[0]} is not there. Raise it: lab/lab.sh up");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await using var reach = new Reach(Access);
        var engine = await reach.EngineAsync();
        foreach (var container in await engine.ListAsync(new Dictionary<string, string?>([Mark]), CancellationToken.None))
        {
            await engine.RemoveAsync(container.Id, CancellationToken.None);
        }
    }
}
