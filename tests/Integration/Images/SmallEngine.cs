using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>
/// A second engine on a node of the lab, whose disk is a few megabytes of memory. Its network is its own: an engine without a bridge removes
/// the one named docker0, whosever it is.
/// </summary>
public sealed class SmallEngine : IAsyncDisposable
{
    private const string Place = "/run/pisahpc-try-engine";
    private readonly LabNode _node;
    private readonly string _site = Path.GetTempFileName();

    private SmallEngine(LabNode node)
    {
        _node = node;
        File.WriteAllText(_site, $"nodes: {{ engineSocket: {Socket} }}\n");
    }

    /// <summary>A site definition for which it is this machine's own engine.</summary>
    public string Site => _site;

    private string Socket => _node.PathOf(Place + ".sock");

    /// <summary>Starts it.</summary>
    public static async Task<SmallEngine> StartAsync(LabNode node, int megabytes)
    {
        var engine = new SmallEngine(node);
        (await engine.EnterAsync($"mkdir -p {Place} && mount -t tmpfs -o size={megabytes}m none {Place}")).EndedWith(0);
        (await engine.EnterAsync(
            $"setsid --fork unshare --net dockerd -H unix://{Place}.sock --data-root {Place} --exec-root {Place}-exec --pidfile {Place}.pid --bridge none " +
            $"--iptables=false --storage-driver overlay2 --oom-score-adjust 0 </dev/null >{Place}.log 2>&1")).EndedWith(0);
        for (var waited = 0; (await engine.DockerAsync("version")).ExitCode != 0; waited++)
        {
            Assert.True(waited < 300, "The small engine did not come up: " + await File.ReadAllTextAsync(node.PathOf(Place + ".log")));
            await Task.Delay(100);
        }

        return engine;
    }

    /// <summary>Runs the docker client against it.</summary>
    public Task<ProcessResult> DockerAsync(params string[] arguments) => RunningProcess.RunAsync("docker", ["-H", "unix://" + Socket, .. arguments]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        File.Delete(_site);
        (await EnterAsync(
            $"kill $(cat {Place}.pid); while [ -e {Place}.pid ]; do sleep 0.1; done; umount {Place}; rm -rf {Place} {Place}-exec {Place}.sock {Place}.log"))
            .EndedWith(0);
    }

    private Task<ProcessResult> EnterAsync(string script) => RunningProcess.RunAsync(
        "nsenter", [$"--target={_node.Init}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--", "sh", "-c", script]);
}
