namespace PisaHpc.Integration.Harness;

/// <summary>A node of the lab.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address on the bridge.</param>
/// <param name="Init">The process whose namespaces are the node's.</param>
/// <param name="Engine">Its engine's socket, seen from here.</param>
public sealed record LabNode(string Name, string Address, int Init, string Engine)
{
    /// <summary>A path of the node, seen from here.</summary>
    public string PathOf(string path) => $"/proc/{Init}/root{path}";

    /// <summary>Runs the docker client against the node's engine.</summary>
    public Task<ProcessResult> DockerAsync(params string[] arguments) =>
        RunningProcess.RunAsync("docker", ["-H", "unix://" + Engine, .. arguments]);

    /// <summary>Does something while the node's engine is down for everybody.</summary>
    public async Task WithoutEngineAsync(Func<Task> work)
    {
        var socket = PathOf("/run/docker.sock");
        File.Move(socket, socket + ".away");
        try
        {
            await work();
        }
        finally
        {
            File.Move(socket + ".away", socket);
        }
    }

    /// <summary>Does something while the node refuses logins.</summary>
    public async Task WithoutLoginsAsync(Func<Task> work)
    {
        string[] refusal = ["INPUT", "-p", "tcp", "--dport", "22", "-j", "REJECT", "--reject-with", "tcp-reset"];
        (await RunAsync(["iptables", "-I", .. refusal])).EndedWith(0);
        try
        {
            await work();
        }
        finally
        {
            (await RunAsync(["iptables", "-D", .. refusal])).EndedWith(0);
        }
    }

    /// <summary>Runs a program as one of the node's own processes: it numbers processes as they do, and ends with the node.</summary>
    public Task<ProcessResult> RunInsideAsync(params string[] arguments) => RunningProcess.RunAsync("nsenter", Inside(arguments));

    /// <summary>What <c>nsenter</c> takes for <see cref="RunInsideAsync"/>.</summary>
    public string[] Inside(params string[] arguments) =>
        [$"--target={Init}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--wd=/", "--", .. arguments];

    /// <summary>Runs a program in the node's namespaces.</summary>
    public Task<ProcessResult> RunAsync(params string[] arguments) =>
        RunningProcess.RunAsync(
            "nsenter", [$"--target={Init}", "--mount", "--uts", "--net", "--", .. arguments]);
}
