using System.Runtime.CompilerServices;

namespace PisaHpc.Adapters.Telemetry;

/// <summary>
/// Sends the traces of commands to a collector of OpenTelemetry, where the standard variables name one (OpenTelemetry, "OTLP Exporter
/// Configuration" and "General SDK Configuration"). Where they do not, no assembly of OpenTelemetry is loaded.
/// </summary>
internal static class TraceExport
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string Disabled = "OTEL_SDK_DISABLED";

    /// <summary>How long a command waits at its end for what it did to be taken.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>How long nothing is sent to a collector that took nothing.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private static readonly Lock Gate = new();
    private static IDisposable? _provider;
    private static string? _address;
    private static long _failedAt;

    /// <summary>The collector's address; null where nothing is to be exported.</summary>
    private static string? Address =>
        string.Equals(Environment.GetEnvironmentVariable(Disabled), "true", StringComparison.OrdinalIgnoreCase)
            ? null
            : Set(TracesEndpoint) ?? Set(Endpoint);

    /// <summary>Begins to listen to commands, unless somebody does already, or nothing is to be exported.</summary>
    /// <returns>Whether what follows is exported.</returns>
    public static bool Begin()
    {
        if (Address is not { } address)
        {
            return false;
        }

        lock (Gate)
        {
            if (address != _address)
            {
                Close();
                (_address, _failedAt) = (address, 0);
            }

            if (_failedAt != 0 && TimeProvider.System.GetElapsedTime(_failedAt) < Quiet)
            {
                return false;
            }

            _provider ??= Open();
            return true;
        }
    }

    /// <summary>Waits until what has ended is sent, for a second at most.</summary>
    /// <returns>Null when it was taken; else what to say to people, and the collector is left alone for a minute.</returns>
    public static string? Flush()
    {
        lock (Gate)
        {
            if (_provider is null || FailureOf(_provider) is not { } failure)
            {
                return null;
            }

            Close();
            _failedAt = TimeProvider.System.GetTimestamp();
            return $"The trace is not exported: {_address}: {failure}. Nothing is sent there for {Quiet.TotalSeconds:0} s.";
        }
    }

    /// <summary>Only from here on the package's types are known.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OtlpProvider Open() => new();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string? FailureOf(IDisposable provider) => ((OtlpProvider)provider).Flush(Limit);

    /// <summary>The end of a provider waits for its collector: nobody waits for that.</summary>
    private static void Close()
    {
        if (_provider is { } provider)
        {
            _provider = null;
            _ = Task.Run(provider.Dispose);
        }
    }

    private static string? Set(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
