using System.Diagnostics;
using System.Globalization;
using PisaHpc.Access.Agent;
using PisaHpc.Access.Exec;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access.Login;

/// <summary>
/// Logins of the node's users, each as himself, through an sshd of root's. Its host key and configuration lie in a directory of the node
/// that outlives the container (<see cref="LoginDirectory"/>). Commands of ours run by the engine, as root: the keys are the users' own.
/// </summary>
/// <param name="Directory">The directory, the same on the node and in the container.</param>
/// <param name="Port">The port on which the sshd listens.</param>
public sealed record LoginAccess(string Directory, int Port) : IContainerAccess
{
    /// <summary>What a login says that is turned away since the container is about to go.</summary>
    public const string DrainNotice = "This environment is about to be replaced. Log in again in a few minutes.";

    /// <summary>Why a container is not ready whose sshd answers, and turns everybody away with <see cref="DrainNotice"/>.</summary>
    public const string LoginsClosed = "logins are turned away by the /etc/nologin of a drain";

    /// <summary>The ports below this one are for processes with NET_BIND_SERVICE (ip(7), ip_unprivileged_port_start).</summary>
    private const int FirstUnprivilegedPort = 1024;

    private static readonly NodeScript StartSshd = NodeScript.Of("Access/Login/start-sshd.sh");

    private static readonly NodeScript Answers = NodeScript.Of("Access/Login/login-answers.sh");

    private static readonly ExecAccess ByEngine = new();

    private static readonly ExecAccess ByLogins = new()
    {
        Probe = new ExecutionRequest(NodeScript.Of("Access/Login/logins-open.sh").Command(DrainNotice)) { User = "0:0" },
        Refusal = _ => LoginsClosed,
    };

    /// <inheritdoc/>
    public AccessKind Kind => AccessKind.Login;

    /// <summary>The sshd's configuration; null where a container that stands already is meant.</summary>
    public LoginConfiguration? Configuration { get; init; }

    /// <summary>The image's own init, which starts the image's sshd by itself; null for the sshd alone.</summary>
    public string? ImageInit { get; init; }

    /// <summary>Where users come from, and whether hosts are trusted as the node trusts them.</summary>
    public LoginSettings Logins { get; init; } = new();

    /// <summary>
    /// The hierarchy of control groups that carries systemd's name and no controller, where a node has version 1 of them. systemd as a
    /// first process makes groups there, and does not start where it cannot (systemd 252, "Failed to create control group").
    /// </summary>
    public const string SystemdGroups = "/sys/fs/cgroup/systemd";

    /// <summary>Whether an init of the image's own gets those groups to write to; the engine shows it the others read-only.</summary>
    public bool WritesSystemdGroups { get; init; }

    /// <summary>
    /// The directory of the jobs that are placed into the container, under one path on the node and in the container; null where none are.
    /// </summary>
    public string? JobsDirectory { get; init; }

    /// <inheritdoc/>
    public JobAgent? Agent => null;

    /// <summary>
    /// What an sshd needs that lets users in and is root's without them (sshd(8)): become the user, own his terminal, end his processes,
    /// and shut its unprivileged half in.
    /// </summary>
    public IReadOnlyList<string> Capabilities =>
    [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID", "SYS_CHROOT",
        .. Port < FirstUnprivilegedPort ? (string[])["NET_BIND_SERVICE"] : [],
    ];

    /// <summary>What of the node the container sees for it, read-only but for placed jobs' directories and an init's groups.</summary>
    public IReadOnlyList<ContainerMount> Mounts =>
    [
        Same(Directory),
        .. Accounts().Select(Same),
        .. Logins.By.Contains(LoginProof.HostBased) ? [Same("/etc/ssh/shosts.equiv"), Same("/etc/ssh/ssh_known_hosts")] : Nothing,
        .. ImageInit is null ? Nothing : [new ContainerMount(ConfigurationFile, "/etc/ssh/sshd_config", ReadOnly: true)],
        .. WritesSystemdGroups ? [new ContainerMount(SystemdGroups, SystemdGroups, ReadOnly: false)] : Nothing,
        .. JobsDirectory is { } jobs ? [new ContainerMount(jobs, jobs, ReadOnly: false) { MakesSource = true }] : Nothing,
    ];

    /// <summary>What a node has to have before anything is started there.</summary>
    public IEnumerable<string> NodePaths =>
        Mounts.Where(mount => !mount.MakesSource && !mount.Source.StartsWith(Directory, StringComparison.Ordinal))
            .Select(mount => mount.Source);

    int? IContainerAccess.Port => Port;

    string? IContainerAccess.Directory => Directory;

    private static ContainerMount[] Nothing => [];

    private string ConfigurationFile => $"{Directory}/{Configuration?.FileName}";

    /// <summary>The image's init, or a shell that makes sshd's own directory where the image has none and becomes the sshd.</summary>
    public IReadOnlyList<string> MainProcess(HpcEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return ImageInit is { } init ? [init] : StartSshd.Command(environment.Sshd, "-D", "-e", "-f", ConfigurationFile);
    }

    /// <summary>
    /// The environment's, which sessions get from sshd; and the word by which an image's init knows that it is in a container (systemd,
    /// Container Interface).
    /// </summary>
    public IReadOnlyDictionary<string, string> Variables(HpcEnvironment environment, JobOwner owner)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return ImageInit is null || environment.Variables.ContainsKey("container")
            ? environment.Variables
            : new Dictionary<string, string>(environment.Variables) { ["container"] = "docker" };
    }

    /// <summary>
    /// The sshd on the port has the directory's host key and asks who one is, so that it is this container's and no other; and a command of
    /// the engine runs, by which no drain keeps logins out. Nobody's key is needed for that.
    /// </summary>
    public async Task<string?> TryAsync(ContainerEntry entry, TimeSpan deadline, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var clock = Stopwatch.StartNew();
        var seconds = Math.Max(1, (int)Math.Ceiling(deadline.TotalSeconds));
        var script = Answers.Command(Number(seconds), Directory, Number(Port));
        var result = await entry.Connection.RunAsync(script, default, cancellationToken);
        if (result.ExitCode != 0)
        {
            return Quote.Words($"{result.Text.Trim()} {result.Error}");
        }

        var left = deadline - clock.Elapsed;
        return await ByLogins.TryAsync(entry, left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<INodeProcess> StartAsync(ContainerEntry entry, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        ByEngine.StartAsync(entry, command, cancellationToken);

    private static ContainerMount Same(string path) => new(path, path, ReadOnly: true);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private string[] Accounts() => Logins.Accounts switch
    {
        AccountSource.Files => ["/etc/passwd", "/etc/group", "/etc/shadow"],
        AccountSource.Sssd => ["/var/lib/sss/pipes"],
        AccountSource.Nscd => ["/run/nscd"],
        AccountSource.Nslcd => ["/run/nslcd"],
        _ => [],
    };
}
