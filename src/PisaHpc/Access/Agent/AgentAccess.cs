using System.Globalization;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access.Agent;

/// <summary>
/// Programs that an agent starts, which is the container's main process: for jobs that need no way from container to container. The image
/// needs neither an sshd nor a shell.
/// </summary>
/// <param name="Agent">The agent.</param>
public sealed record AgentAccess(JobAgent Agent) : IContainerAccess
{
    /// <inheritdoc/>
    public AccessKind Kind => AccessKind.Agent;

    /// <inheritdoc/>
    public int? Port => null;

    /// <inheritdoc/>
    public string Directory => Agent.Directory;

    /// <summary>The accounts over <c>/etc/passwd</c> and <c>/etc/group</c>, and the agent's own; no keys.</summary>
    public IReadOnlyList<ContainerMount> Mounts => [.. JobSshMounts.Accounts(Directory), .. Agent.Mounts];

    /// <inheritdoc/>
    public IReadOnlyList<string> MainProcess(HpcEnvironment environment) => Agent.MainProcess(environment, []);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Variables(HpcEnvironment environment, JobOwner owner) =>
        JobAgent.Variables(environment, owner);

    /// <summary>The agent's answer: it starts what it is asked to.</summary>
    public async Task<string?> TryAsync(ContainerEntry entry, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(deadline.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var result = await entry.Connection.RunAsync(Agent.ClientCommand("--wait", seconds, "--probe"), default, cancellationToken);
        return result.ExitCode == 0 ? null : Quote.Words($"{result.Text.Trim()} {result.Error}");
    }

    /// <summary>In the user's home.</summary>
    public Task<INodeProcess> StartAsync(ContainerEntry entry, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        entry.Connection.StartAsync(Agent.CommandIn(directory: null, command), cancellationToken);
}
