using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// Logins through an sshd that is the container's main process and runs as its user. Its keys and configurations lie in a directory that
/// is the same on each node and in each container.
/// </summary>
/// <param name="Directory">The directory.</param>
/// <param name="Port">The port on which the sshd listens.</param>
public sealed record SshAccess(string Directory, int Port) : IContainerAccess
{
    /// <summary>It runs on the node, so that waiting costs one round trip.</summary>
    private static readonly NodeScript Readiness = NodeScript.Of("Access/Ssh/readiness.sh");

    /// <inheritdoc/>
    public AccessKind Kind => AccessKind.Ssh;

    /// <summary>Whether host-based authentication is offered beside the key.</summary>
    public bool HostBased { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<ContainerMount> Mounts => JobSshMounts.For(this);

    int? IContainerAccess.Port => Port;

    /// <summary>The access that a job's ssh identity gives.</summary>
    public static SshAccess Of(JobSshConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new SshAccess(config.Directory, config.Port) { HostBased = config.HostBased };
    }

    /// <summary>
    /// A login through sshd does not inherit the container's environment, so the variables are given to sshd for its sessions.
    /// </summary>
    public IReadOnlyList<string> MainProcess(HpcEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        string[] command = [environment.Sshd, "-D", "-e", "-f", $"{Directory}/{JobSshFiles.ServerConfig}"];
        return environment.Variables.Count == 0
            ? command
            : [.. command, "-o", "SetEnv=" + SessionVariables.Value(environment.Variables)];
    }

    /// <summary>The environment's: sshd makes the login's own.</summary>
    public IReadOnlyDictionary<string, string> Variables(HpcEnvironment environment, JobOwner owner) => environment.Variables;

    /// <summary>A login by the directory's key, through its configuration: an open port proves neither keys nor users.</summary>
    public async Task<string?> TryAsync(ContainerEntry entry, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(deadline.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var script = Readiness.Command(seconds, $"{Directory}/{JobSshFiles.ClientConfig}", entry.Connection.Node);
        var result = await entry.Connection.RunAsync(script, default, cancellationToken);
        return result.ExitCode == 0 ? null : Quote.Words($"{result.Text.Trim()} {result.Error}");
    }

    /// <inheritdoc/>
    public Task<INodeProcess> StartAsync(ContainerEntry entry, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        entry.Connection.StartAsync(CommandOn(entry.Connection.Node, command), cancellationToken);

    /// <summary>The command that runs another one in the container of a node, from any node that has the directory.</summary>
    /// <param name="node">The container's node.</param>
    /// <param name="command">The program and its arguments.</param>
    public IReadOnlyList<string> CommandOn(string node, IReadOnlyList<string> command) => JobLogin.Command(Directory, node, command);
}
