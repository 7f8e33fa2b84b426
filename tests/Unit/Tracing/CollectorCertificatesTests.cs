using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PisaHpc.Adapters.Telemetry;

namespace PisaHpc.Unit.Tracing;

/// <summary>A collector behind TLS, with an authority of its own, that wants to know its clients.</summary>
public sealed class CollectorCertificatesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-collector-");
    private readonly Dictionary<string, string> _variables = [];
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _server;

    public CollectorCertificatesTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _server = Signed("localhost");
        _listener.Start();
    }

    private string Address => $"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1/traces";

    public void Dispose()
    {
        _listener.Dispose();
        _authority.Dispose();
        _server.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task It_is_trusted_by_the_authority_that_is_named_and_gets_the_clients_certificate()
    {
        NameAll();
        var asked = AcceptAsync();
        Assert.Equal(HttpStatusCode.OK, await PostAsync());
        Assert.Equal("CN=a-client", await asked);
    }

    [Fact]
    public async Task What_is_said_for_traces_alone_counts_first()
    {
        NameAll();
        _variables["OTEL_EXPORTER_OTLP_CERTIFICATE"] = "/nonexistent.pem";
        _variables["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"] = Path.Combine(_directory.FullName, "authority.pem");
        var asked = AcceptAsync();
        Assert.Equal(HttpStatusCode.OK, await PostAsync());
        Assert.Equal("CN=a-client", await asked);
    }

    [Fact]
    public async Task Without_them_a_collector_with_an_authority_of_its_own_is_not_trusted()
    {
        var asked = AcceptAsync();
        await Assert.ThrowsAsync<HttpRequestException>(PostAsync);
        await Assert.ThrowsAnyAsync<Exception>(() => asked);
    }

    [Theory]
    [InlineData("CERTIFICATE")]
    [InlineData("CLIENT_CERTIFICATE")]
    public void A_file_that_cannot_be_read_is_named(string what)
    {
        _variables[$"OTEL_EXPORTER_OTLP_{what}"] = "/nonexistent.pem";
        Assert.StartsWith(
            "/nonexistent.pem: ", Assert.Throws<HttpRequestException>(() => Certificates().Handler()).Message, StringComparison.Ordinal);
    }

    private void NameAll()
    {
        using var client = Signed("a-client");
        Put("CERTIFICATE", "authority.pem", _authority.ExportCertificatePem());
        Put("CLIENT_CERTIFICATE", "client.pem", client.ExportCertificatePem());
        Put("CLIENT_KEY", "client.key", client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    private void Put(string what, string file, string pem)
    {
        var path = Path.Combine(_directory.FullName, file);
        File.WriteAllText(path, pem);
        _variables[$"OTEL_EXPORTER_OTLP_{what}"] = path;
    }

    private CollectorCertificates Certificates() => CollectorCertificates.Of(_variables.GetValueOrDefault);

    private async Task<HttpStatusCode> PostAsync()
    {
        using var client = new HttpClient(Certificates().Handler());
        using var answer = await client.PostAsync(Address, new StringContent("spans"));
        return answer.StatusCode;
    }

    /// <summary>Answers one request.</summary>
    /// <returns>Whom the client's certificate is of.</returns>
    private async Task<string?> AcceptAsync()
    {
        using var client = await _listener.AcceptTcpClientAsync();
        await using var secured = new SslStream(client.GetStream());
        await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = _server,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        });
        using var reader = new StreamReader(secured);
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }

        await secured.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        return secured.RemoteCertificate?.Subject;
    }

    private X509Certificate2 Signed(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(_authority, _authority.NotBefore, _authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }
}
