using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PisaHpc.Adapters.Telemetry;

/// <summary>
/// By which certificates a collector is trusted and asked, as the standard variables say it (OpenTelemetry, "OpenTelemetry Protocol
/// Exporter"): files in PEM. What is said for traces alone comes before what is said for all.
/// </summary>
internal sealed record CollectorCertificates(string? Authority, string? Client, string? ClientKey)
{
    /// <summary>Reads the variables.</summary>
    /// <param name="variable">The value of a variable; null where it is not set.</param>
    public static CollectorCertificates Of(Func<string, string?> variable)
    {
        return new CollectorCertificates(Named("CERTIFICATE"), Named("CLIENT_CERTIFICATE"), Named("CLIENT_KEY"));

        string? Named(string what) =>
            variable($"OTEL_EXPORTER_OTLP_TRACES_{what}") is { Length: > 0 } own ? own
            : variable($"OTEL_EXPORTER_OTLP_{what}") is { Length: > 0 } common ? common
            : null;
    }

    /// <summary>A handler that uses them.</summary>
    /// <exception cref="HttpRequestException">A file cannot be read, or there is a client's certificate without its key.</exception>
    public SocketsHttpHandler Handler()
    {
        var options = new SslClientAuthenticationOptions();
        if (Authority is not null)
        {
            var trusted = Read(Authority, () =>
            {
                var all = new X509Certificate2Collection();
                all.ImportFromPemFile(Authority);
                return all.Count > 0 ? all : throw new CryptographicException("there is no certificate in it");
            });
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
        }

        if (Client is not null)
        {
            options.ClientCertificates = [Read(Client, () => X509Certificate2.CreateFromPemFile(Client, ClientKey))];
        }

        return new SocketsHttpHandler { SslOptions = options };
    }

    private static T Read<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new HttpRequestException($"{file}: {Quote.Cause(exception)}", exception);
        }
    }
}
