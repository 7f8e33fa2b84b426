using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>
/// The lab's site with two static environments on each of its two nodes, ports and names of this test's own, and a key by which the lab's
/// users log in. At the end nothing of it is left.
/// </summary>
internal sealed class StaticLab : IAsyncDisposable
{
    private readonly HostedRunspace _shell;
    private readonly LabFixture _lab;
    private readonly string _scratch = Directory.CreateTempSubdirectory("pisahpc-static-").FullName;

    private readonly int _count;

    private StaticLab(HostedRunspace shell, LabFixture lab, string more, int nodes)
    {
        (_shell, _lab, _count) = (shell, lab, nodes);
        Mark = RandomNumberGenerator.GetHexString(6, lowercase: true);
        Port = 20000 + RandomNumberGenerator.GetInt32(0, 1500);
        Shared = Path.Combine(lab.State.Shared, $"static-{Mark}");
        Directory.CreateDirectory(Shared);
        File.WriteAllText(Inittab, "::sysinit:/bin/mkdir -p /run/sshd\n::respawn:/usr/sbin/sshd -D -e\n");
        File.WriteAllText(Site, File.ReadAllText(lab.State.Site) + Declared(more));
    }

    /// <summary>What is in each name, for whoever meets one on a node.</summary>
    public string Mark { get; }

    /// <summary>The first environment's port; the second's is the next.</summary>
    public int Port { get; }

    /// <summary>The site definition.</summary>
    public string Site => Path.Combine(_scratch, "site.yaml");

    /// <summary>A directory of the test's that all nodes have.</summary>
    public string Shared { get; }

    /// <summary>The known_hosts file that a test exports.</summary>
    public string KnownHosts => Path.Combine(Shared, "known_hosts");

    /// <summary>An inittab by which busybox's init starts an sshd.</summary>
    public string Inittab => Path.Combine(Shared, "inittab");

    /// <summary>The first environment, and the second.</summary>
    public string First => $"cs7-{Mark}";

    /// <inheritdoc cref="First"/>
    public string Second => $"deb12-{Mark}";

    private string Key => Path.Combine(Shared, "id_ed25519");

    private string Keys => $"/var/lib/pisahpc-lab/static-{Mark}";

    private LabNode[] Nodes => [.. _lab.Nodes.Take(_count)];

    private string NodeList => string.Create(CultureInfo.InvariantCulture, $"o2wn[01-{_count:00}]");

    /// <summary>Declares them.</summary>
    /// <param name="more">More environments, each a line under <c>static</c>; MARK, PORT and FREE stand for the test's own.</param>
    /// <param name="nodes">On how many of the lab's nodes the two are.</param>
    public static async Task<StaticLab> OfAsync(HostedRunspace shell, LabFixture lab, string more = "", int nodes = 2)
    {
        var made = new StaticLab(shell, lab, more, nodes);
        (await RunningProcess.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", made.Key])).EndedWith(0);
        (await RunningProcess.RunAsync("chown", ["hpcuser", made.Key])).EndedWith(0);
        foreach (var user in (string[])["hpcuser", "otheruser"])
        {
            var authorized = made.AuthorizedKeys(user);
            (await RunningProcess.RunAsync("install", ["-d", "-m", "700", "-o", user, Path.GetDirectoryName(authorized)!])).EndedWith(0);
            File.Copy(made.Key + ".pub", authorized, overwrite: true);
            (await RunningProcess.RunAsync("chown", [user, authorized])).EndedWith(0);
        }

        return made;
    }

    /// <summary>Runs a script to which <c>$Site</c>, <c>$First</c>, <c>$Second</c> and <c>$KnownHosts</c> are this lab's.</summary>
    public RunResult Run(string script) =>
        _shell.Run($"param($Site, $First, $Second, $KnownHosts) {script}", new { Site, First, Second, KnownHosts });

    /// <summary>Changes the site definition.</summary>
    public async Task ChangeAsync(string from, string to) => await File.WriteAllTextAsync(
        Site, (await File.ReadAllTextAsync(Site)).Replace(from, to, StringComparison.Ordinal));

    /// <summary>Logs in from the other node as a user, by ssh that may ask nothing and knows the exported host keys alone.</summary>
    public Task<ProcessResult> LoginAsync(string node, int port, string command = "id -un", string user = "hpcuser")
    {
        var from = Nodes.First(other => other.Name != node);
        return from.RunInsideAsync(
            "runuser", "-u", "hpcuser", "--", "ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
            "-o", $"UserKnownHostsFile={KnownHosts}", "-o", "GlobalKnownHostsFile=/dev/null", "-i", Key,
            "-p", port.ToString(CultureInfo.InvariantCulture), $"{user}@{node}", command);
    }

    /// <summary>The containers of this test on a node, running or not.</summary>
    public async Task<IReadOnlyList<string>> ContainersAsync(LabNode node)
    {
        var listed = await node.DockerAsync("ps", "--all", "--format", "{{.Names}}");
        return [.. listed.EndedWith(0).Lines.Where(name => name.Contains(Mark, StringComparison.Ordinal))];
    }

    /// <summary>The id of a static environment's container on a node.</summary>
    public static async Task<string> IdAsync(LabNode node, string name) =>
        (await node.DockerAsync("inspect", "--format", "{{.Id}}", $"pisahpc-static-{name}")).EndedWith(0).Output.Trim();

    /// <summary>Asks in a container until a command succeeds.</summary>
    public static async Task InsideAsync(LabNode node, string name, string command)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await node.DockerAsync("exec", $"pisahpc-static-{name}", "sh", "-c", command)).ExitCode != 0)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A caller of its own.</summary>
    /// <param name="command">The command, to which the site is added.</param>
    public RunningProcess Start(string command) =>
        RunningProcess.Start(Repository.Host, ["-Command", $"{command} -Site '{Site}'"]);

    /// <summary>Whether a node has the directory of an environment's host key.</summary>
    public bool HasKeys(LabNode node, string name) => Directory.Exists(node.PathOf($"{Keys}/{node.Name}/{name}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            if (await ContainersAsync(node) is { Count: > 0 } left)
            {
                (await node.DockerAsync(["rm", "--force", .. left])).EndedWith(0);
            }
        }

        foreach (var user in (string[])["hpcuser", "otheruser"])
        {
            var authorized = AuthorizedKeys(user);
            File.Delete(authorized);
            if (Path.GetDirectoryName(authorized) is { } home && Directory.Exists(home) && !Directory.EnumerateFileSystemEntries(home).Any())
            {
                Directory.Delete(home);
            }
        }

        foreach (var directory in (string[])[_scratch, Shared, Keys])
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private string AuthorizedKeys(string user) => Path.Combine(_lab.State.Shared, "home", user, ".ssh", "authorized_keys");

    /// <summary>
    /// The first has what the always-on container of a cluster was given by hand, as far as the lab may give it. Of the images debian12 alone
    /// has the shell of the lab's users.
    /// </summary>
    private string Declared(string more) => $$"""

        staticDirectory: '{{Keys}}/{node}'
        static:
          {{First}}:
            environment: debian12
            nodes: '{{NodeList}}'
            port: {{Port}}
            logins: { groups: hpcstage }
            capabilities: [ SYS_PTRACE, SYS_ADMIN ]
            securityOptions: [ seccomp=unconfined ]
            limits: { shm: 8g }
            deviceFiles: [ /dev/infiniband/umad0 ]
            variables: { container: docker }
            mounts: [ '/sys/fs/cgroup:/sys/fs/cgroup:ro', '/opt:/afs' ]
          {{Second}}: { environment: debian12, nodes: '{{NodeList}}', port: {{Port + 1}} }

        """ + more.Replace("MARK", Mark, StringComparison.Ordinal)
        .Replace("PORT", (Port + 2).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("FREE", (Port + 3).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
