using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>
/// A real sshd on the loopback address, with keys and configuration in a directory of its own. Without /usr/sbin/sshd these tests fail:
/// a connection that was not tried is not known to work.
/// </summary>
public sealed class ThrowAwaySshd : IAsyncLifetime
{
    private const string Address = "127.0.0.1";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-sshd-");
    private readonly string _settings;
    private readonly string? _shell;
    private Process? _process;

    public ThrowAwaySshd()
        : this("", null)
    {
    }

    private ThrowAwaySshd(string settings, string? shell) => (_settings, _shell) = (settings, shell);

    /// <summary>The port it listens on.</summary>
    public int Port { get; private set; }

    /// <summary>The way to it that works; the host key is ed25519 in known_hosts.</summary>
    public NodeAccess Access => new()
    {
        User = Environment.UserName,
        Port = Port,
        Keys = [PathOf("user")],
        KnownHosts = [KnownHosts("known_hosts", KnownName, "host_ed25519")],
        ConnectTimeout = TimeSpan.FromSeconds(10),
    };

    /// <summary>The name under which known_hosts knows it.</summary>
    public string KnownName => $"[{Address}]:{Port}";

    /// <summary>Starts an sshd with more settings than the usual ones.</summary>
    /// <param name="settings">Lines of sshd_config; <c>{directory}</c> is the sshd's own.</param>
    /// <param name="shell">The login shell of the account, which then also has a home of its own here; null for its real ones.</param>
    public static async Task<ThrowAwaySshd> StartAsync(string settings, string? shell = null)
    {
        var sshd = new ThrowAwaySshd(settings, shell);
        await sshd.InitializeAsync();
        return sshd;
    }

    public async Task InitializeAsync()
    {
        // sshd wants the directory for its unprivileged child; a package makes it when its service starts.
        Directory.CreateDirectory("/run/sshd");
        Port = FreePort();
        await KeyAsync("host_ed25519", "ed25519");
        await KeyAsync("host_ecdsa", "ecdsa");
        await KeyAsync("user", "ed25519");
        await KeyAsync("stranger", "ed25519");
        await KeyAsync("encrypted", "ed25519", "secret");
        File.Copy(PathOf("user.pub"), PathOf("authorized_keys"));
        // With SHLVL=2 bash does not take itself for a login's first shell: what stands in ~/.bashrc here takes no part.
        // Of a keyword that stands twice sshd takes the first.
        await File.WriteAllTextAsync(PathOf("sshd_config"), _settings.Replace("{directory}", _directory.FullName, StringComparison.Ordinal) + $"""

            Port {Port}
            ListenAddress {Address}
            HostKey {PathOf("host_ecdsa")}
            HostKey {PathOf("host_ed25519")}
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            MaxStartups 100
            PidFile none
            SetEnv SHLVL=2
            AuthorizedKeysFile {PathOf("authorized_keys")}

            """);
        string[] server = ["/usr/sbin/sshd", "-D", "-e", "-f", PathOf("sshd_config")];
        string[] command = _shell is null ? server : [.. await OtherPasswdAsync(_shell), .. server];
        _process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        _ = _process.StandardError.ReadToEndAsync();
        await ListensAsync();
    }

    public async Task DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <summary>The account's home where it has a shell of its own here.</summary>
    public string Home => Directory.CreateDirectory(PathOf("home")).FullName;

    /// <summary>A file of this sshd's directory.</summary>
    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Writes a known_hosts file with one line for a key, and gives its path.</summary>
    public string KnownHosts(string file, string hosts, string key)
    {
        var line = $"{hosts} {string.Join(' ', File.ReadAllText(PathOf(key + ".pub")).Split(' ')[..2])}\n";
        File.WriteAllText(PathOf(file), line);
        return PathOf(file);
    }

    /// <summary>The fingerprint of a key as ssh-keygen gives it.</summary>
    public Task<string> FingerprintAsync(string key) => OutputAsync("ssh-keygen", ["-l", "-f", PathOf(key + ".pub")], text => text.Split(' ')[1]);

    /// <summary>Replaces the host names in a known_hosts file by their hashes, as ssh-keygen does.</summary>
    public static Task HashAsync(string file) => OutputAsync("ssh-keygen", ["-q", "-H", "-f", file], text => text);

    /// <summary>Makes a certificate for a key, as a site's authority does.</summary>
    public Task CertifyAsync(string key, string by) => OutputAsync(
        "ssh-keygen", ["-q", "-s", PathOf(by), "-I", key, "-n", Environment.UserName, "-V", "+1h", PathOf(key + ".pub")], text => text);

    /// <summary>Makes a key that the account may log in with, and gives its file.</summary>
    /// <param name="program">ssh-keygen or openssl.</param>
    /// <param name="arguments">Its arguments up to the option for the file (openssl) or for the passphrase (ssh-keygen).</param>
    public async Task<string> AuthorizeAsync(string program, string[] arguments)
    {
        var file = PathOf(Guid.NewGuid().ToString("N"));
        await OutputAsync(program, [.. arguments, .. program == "ssh-keygen" ? ["", "-f", file] : (string[])[file]], text => text);
        var line = arguments.Contains("ed25519")
            ? await OutputAsync("openssl", ["pkey", "-in", file, "-pubout"], Ed25519LineOf)
            : await OutputAsync("ssh-keygen", ["-y", "-f", file], text => text);
        await File.AppendAllTextAsync(PathOf("authorized_keys"), line.TrimEnd() + "\n");
        return file;
    }

    /// <summary>A port that nothing listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>What starts a command in a mount namespace (root may make one) where the account has another shell and home.</summary>
    private async Task<string[]> OtherPasswdAsync(string shell)
    {
        Assert.True(File.Exists(shell), $"{shell} is not there: lab/lab.sh packages installs it");
        var lines = (await File.ReadAllLinesAsync("/etc/passwd")).Select(line => line.Split(':'))
            .Select(fields => fields[0] == Environment.UserName ? [.. fields[..5], Home, shell] : fields);
        await File.WriteAllLinesAsync(PathOf("passwd"), lines.Select(fields => string.Join(':', fields)));
        return ["unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /etc/passwd && exec \"$@\"", PathOf("passwd")];
    }

    private Task<string> KeyAsync(string name, string type, string passphrase = "") =>
        OutputAsync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", name, "-f", PathOf(name)], text => text);

    private static async Task<string> OutputAsync(string program, string[] arguments, Func<string, string> choose)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return choose(output);
    }

    /// <summary>What ssh-keygen reads since OpenSSH 9.6 only: the key ends the structure (RFC 8410, section 4).</summary>
    private static string Ed25519LineOf(string pem)
    {
        var structure = Convert.FromBase64String(string.Concat(pem.Split('\n').Where(line => !line.StartsWith('-'))));
        return "ssh-ed25519 " + Convert.ToBase64String([.. "\0\0\0\u000bssh-ed25519\0\0\0\u0020"u8, .. structure[^32..]]);
    }

    private async Task ListensAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            Assert.False(_process!.HasExited, "sshd ended: see its words above");
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(Address, Port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }
}
