using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>
/// A registry of a test's own beside the lab's, in a network namespace on the lab's bridge with a slow link of its own, so that pulls take
/// long enough to be watched, and it can be killed and its log be read. It speaks TLS: the nodes trust its certificate the way a site's
/// nodes trust theirs, by a file in /etc/docker/certs.d.
/// </summary>
public sealed class ThrowAwayRegistry : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-registry-").FullName;
    private readonly IReadOnlyList<string> _trusts;
    private readonly IPAddress _address;

    // The namespace, and the link's end on the bridge.
    private readonly string _place;
    private readonly List<RunningProcess> _lives = [];

    private ThrowAwayRegistry(string place, IPAddress address, IEnumerable<LabNode> nodes)
    {
        (_place, _address) = (place, address);
        _trusts = [.. nodes.Select(node => node.PathOf($"/etc/docker/certs.d/{Name}"))];
    }

    /// <summary>The registry as host:port.</summary>
    public string Name => $"{_address}:5000";

    /// <summary>Its certificate, which it signed itself.</summary>
    public string Certificate => Path.Combine(_directory, "registry.crt");

    /// <summary>Where it keeps blobs.</summary>
    public string Blobs => Path.Combine(_directory, "storage", "docker", "registry", "v2", "blobs", "sha256");

    /// <summary>All that it logged so far, over all of its lives.</summary>
    public RegistryLog Log => RegistryLog.Parse(_lives.SelectMany(life => life.ErrorSoFar.Split('\n').Concat(life.OutputSoFar.Split('\n'))));

    /// <summary>Starts one on the lab's bridge.</summary>
    /// <param name="nodes">The nodes that are to trust it.</param>
    /// <param name="rate">How fast its link sends, as tc(8) writes it.</param>
    public static async Task<ThrowAwayRegistry> StartAsync(IEnumerable<LabNode> nodes, string rate)
    {
        var address = (await Dns.GetHostAddressesAsync("registry.lab")).Single().GetAddressBytes();
        (var place, address[3]) = await ClaimPlaceAsync();
        var registry = new ThrowAwayRegistry(place, new IPAddress(address), nodes);
        registry.Configure();
        await registry.MakeLinkAsync(rate);
        await registry.RestartAsync();
        return registry;
    }

    /// <summary>Starts it again, with what it held.</summary>
    public async Task RestartAsync()
    {
        var life = RunningProcess.Start("ip", ["netns", "exec", _place, "docker-registry", "serve", Path.Combine(_directory, "config.yml")]);
        _lives.Add(life);
        await life.SaysAsync("listening on");
    }

    /// <summary>Ends it as a power cut does.</summary>
    public async Task KillAsync()
    {
        await _lives[^1].SignalAsync("KILL");
        await _lives[^1].EndAsync();
    }

    /// <summary>Stops it in the middle of whatever it does; connections stay, and nothing moves.</summary>
    public Task FreezeAsync() => _lives[^1].SignalAsync("STOP");

    /// <summary>Lets it go on.</summary>
    public Task ThawAsync() => _lives[^1].SignalAsync("CONT");

    /// <summary>The nodes that have a connection to it now, by the kernel's table.</summary>
    public async Task<IReadOnlyList<string>> ConnectedAsync()
    {
        var connections = await RunningProcess.RunAsync("ip", ["netns", "exec", _place, "ss", "-Htn", "state", "established", "sport", "=", ":5000"]);
        return [.. connections.EndedWith(0).Lines.Where(line => line.Length > 0).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1].Split(':')[0]).Distinct()];
    }

    /// <summary>How many connections its machine has turned away, by the kernel's count.</summary>
    public async Task<long> RefusedAsync()
    {
        var counters = (await RunningProcess.RunAsync("ip", ["netns", "exec", _place, "cat", "/proc/net/snmp"])).EndedWith(0).Lines;
        var (names, values) = (counters.First(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Split(' '), counters.Last(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Split(' '));
        return long.Parse(values[Array.IndexOf(names, "OutRsts")], CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var life in _lives)
        {
            life.Dispose();
        }

        await IpAsync("netns", "del", _place);
        foreach (var trust in _trusts.Where(Directory.Exists))
        {
            Directory.Delete(trust, recursive: true);
        }

        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>A namespace that nobody else has, by whose number the address goes: other runs of these tests may be under way.</summary>
    private static async Task<(string Place, byte Number)> ClaimPlaceAsync()
    {
        for (byte number = 150; number < 250; number++)
        {
            if ((await RunningProcess.RunAsync("ip", ["netns", "add", $"pisatry-{number}"])).ExitCode == 0)
            {
                return ($"pisatry-{number}", number);
            }
        }

        throw new InvalidOperationException("Every address for a registry is taken. See what is left behind: ip netns list");
    }

    private static async Task IpAsync(params string[] arguments) => (await RunningProcess.RunAsync("ip", arguments)).EndedWith(0);

    private async Task MakeLinkAsync(string rate)
    {
        // The hardware address follows from the other one: nodes remember who had it in an earlier run.
        var hardware = "02:00:" + string.Join(':', _address.GetAddressBytes().Select(octet => octet.ToString("x2", CultureInfo.InvariantCulture)));
        await IpAsync("link", "add", _place, "type", "veth", "peer", "name", "eth0", "address", hardware, "netns", _place);
        await IpAsync("link", "set", _place, "master", "pisalab0", "up");
        await IpAsync("-n", _place, "addr", "add", $"{_address}/24", "dev", "eth0");
        await IpAsync("-n", _place, "link", "set", "eth0", "up");
        (await RunningProcess.RunAsync("tc", ["-n", _place, "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "64k", "limit", "8m"])).EndedWith(0);
    }

    private void Configure()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + Name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(_address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        foreach (var trust in _trusts)
        {
            Directory.CreateDirectory(trust);
            File.WriteAllText(Path.Combine(trust, "ca.crt"), certificate.ExportCertificatePem());
        }

        File.WriteAllText(Path.Combine(_directory, "registry.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory, "registry.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(_directory, "config.yml"), string.Create(CultureInfo.InvariantCulture, $$"""
            version: 0.1
            log: { level: info, formatter: json, accesslog: { disabled: true } }
            storage: { filesystem: { rootdirectory: {{_directory}}/storage }, delete: { enabled: true } }
            http: { addr: '{{Name}}', tls: { certificate: {{_directory}}/registry.crt, key: {{_directory}}/registry.key } }
            """));
    }
}
