using System.Globalization;
using PisaHpc.Access.Agent;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// Logins through an sshd that is the container's main process, or stands beside the agent that is, and runs as its user. Its keys and
/// configurations lie in a directory that is the same on each node and in each container.
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

    /// <summary>The agent beside the sshd, the way in for the user on the node; null where the module has no program for it.</summary>
    public JobAgent? Agent { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<ContainerMount> Mounts => [.. JobSshMounts.For(this), .. Agent?.Mounts ?? []];

    int? IContainerAccess.Port => Port;

    /// <summary>By the agent program's relay, which connects as soon as somebody listens.</summary>
    bool IContainerAccess.AwaitsContainer => Agent is not null;

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
        string[] command =
        [
            environment.Sshd, "-D", "-e", "-f", $"{Directory}/{JobSshFiles.ServerConfig}",
            .. environment.Variables.Count == 0 ? [] : (string[])["-o", "SetEnv=" + SessionVariables.Value(environment.Variables)],
        ];
        return Agent?.MainProcess(environment, command) ?? command;
    }

    /// <summary>The environment's: sshd makes the login's own, and an agent gets them beside.</summary>
    public IReadOnlyDictionary<string, string> Variables(HpcEnvironment environment, JobOwner owner) =>
        Agent is null ? environment.Variables : JobAgent.Variables(environment, owner);

    /// <summary>
    /// A login by the directory's key, through its configuration: an open port proves neither keys nor users. Then the agent's answer.
    /// </summary>
    public async Task<string?> TryAsync(ContainerEntry entry, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(deadline.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var script = Readiness.Command(
            [seconds, $"{Directory}/{JobSshFiles.ClientConfig}", entry.Connection.Node, .. Agent is null ? [] : (string[])[Agent.Program]]);
        var result = await entry.Connection.RunAsync(script, default, cancellationToken);
        return result.ExitCode == 0 ? null : Quote.Words($"{result.Text.Trim()} {result.Error}");
    }

    /// <inheritdoc/>
    public Task<INodeProcess> StartAsync(ContainerEntry entry, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        entry.Connection.StartAsync(CommandOn(entry.Connection.Node, command), cancellationToken);

    /// <summary>The command that runs another one in the container of a node, from any node that has the directory.</summary>
    /// <param name="node">The container's node.</param>
    /// <param name="command">The program and its arguments.</param>
    public IReadOnlyList<string> CommandOn(string node, IReadOnlyList<string> command) =>
        JobLogin.Command(Directory, node, command, Agent?.Program);
}

/// <summary>Where a container sees a job's files.</summary>
public static class JobSshMounts
{
    /// <summary>
    /// The mounts, all read-only: the directory under its own path, the accounts over <c>/etc/passwd</c> and <c>/etc/group</c>, the client
    /// configuration over <c>/etc/ssh/ssh_config</c> so that a plain <c>ssh NODE</c> inside finds the job too.
    /// </summary>
    /// <param name="access">The job's access.</param>
    public static IReadOnlyList<ContainerMount> For(SshAccess access) =>
    [
        new(access.Directory, access.Directory, ReadOnly: true),
        .. Accounts(access.Directory),
        Mount(access, JobSshFiles.ClientConfig, "/etc/ssh/ssh_config"),
        .. access.HostBased ? HostBased(access) : [],
    ];

    /// <summary>The accounts alone.</summary>
    /// <param name="directory">The job's directory.</param>
    public static IEnumerable<ContainerMount> Accounts(string directory) =>
    [
        new($"{directory}/{JobSshFiles.Passwd}", "/etc/passwd", ReadOnly: true),
        new($"{directory}/{JobSshFiles.Group}", "/etc/group", ReadOnly: true),
    ];

    private static IEnumerable<ContainerMount> HostBased(SshAccess access) =>
    [
        Mount(access, HostBasedFiles.Trusted, "/etc/ssh/shosts.equiv"),
        Mount(access, HostBasedFiles.SystemKnownHosts, "/etc/ssh/ssh_known_hosts"),
        Mount(access, JobSshFiles.HostKey, "/etc/ssh/ssh_host_ed25519_key"),
        Mount(access, JobSshFiles.HostKey + ".pub", "/etc/ssh/ssh_host_ed25519_key.pub"),
    ];

    private static ContainerMount Mount(SshAccess access, string file, string target) =>
        new($"{access.Directory}/{file}", target, ReadOnly: true);
}

/// <summary>
/// A login from a node into a job's container. The job's directory is its user's, who may write a ProxyCommand into the configuration: ssh
/// reads it with the user's own rights, never with those of the connection.
/// </summary>
public static class JobLogin
{
    /// <summary>
    /// ssh as the directory's owner, who is root's word, since the directory above belongs to root. ssh does not run for a user without an
    /// account (ssh.c: "No user exists for uid"), so an owner whom the node does not know gets one for this one process: /etc/passwd with a
    /// line more, in a mount namespace of its own. The account's name is nobody's, so that no rule of the node's sudo or PAM is for it, and
    /// setuid programs give it nothing.
    /// </summary>
    private static readonly NodeScript Script = NodeScript.Of("Access/Ssh/login.sh");

    /// <summary>The command that runs another one in a job's container on a node; its streams and its exit code are the other's.</summary>
    /// <param name="directory">The job's directory on the node.</param>
    /// <param name="node">The node, as the job's configuration names it.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="program">The directory of the agent's program on the node where ssh runs; null for none.</param>
    public static IReadOnlyList<string> Command(string directory, string node, IReadOnlyList<string> command, string? program = null) =>
        Script.Command([directory, node, LoginShellLine.Of(ShellQuoting.Join(command)), .. program is null ? [] : (string[])[program]]);
}
