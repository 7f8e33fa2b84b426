using System.Diagnostics;
using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PisaHpc.Tracing;

namespace PisaHpc.Adapters.Telemetry;

/// <summary>OpenTelemetry's own exporter of this module's activities. What is not said here its standard variables say.</summary>
internal sealed class OtlpProvider : IDisposable
{
    private const int MostMilliseconds = 1000;

    private readonly DeliveryWatch _watch = new();
    private readonly TracerProvider _provider;

    /// <summary>Begins to listen.</summary>
    public OtlpProvider() => _provider = Sdk.CreateTracerProviderBuilder()
        .SetResourceBuilder(ResourceBuilder.CreateEmpty()
            .AddService("pisahpc", serviceVersion: VersionOf(typeof(OtlpProvider).Assembly), autoGenerateServiceInstanceId: false)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector())
        .AddSource(Phases.SourceName, NodeRequests.SourceName)
        .AddProcessor(new SharedWorkFilter())
        .AddOtlpExporter(options =>
        {
            options.TimeoutMilliseconds = Math.Min(options.TimeoutMilliseconds, MostMilliseconds);
            options.HttpClientFactory = () => new HttpClient(DeliveryHandler.Of(_watch), disposeHandler: true)
            {
                Timeout = TimeSpan.FromMilliseconds(options.TimeoutMilliseconds),
            };
        })
        .Build();

    /// <summary>Sends what has ended.</summary>
    /// <returns>Null when all of it was taken; else why not.</returns>
    public string? Flush(TimeSpan limit)
    {
        var inTime = _provider.ForceFlush((int)limit.TotalMilliseconds);
        return _watch.TakeFailure() ?? (inTime ? null : $"it did not answer within {limit.TotalSeconds:0} s");
    }

    public void Dispose() => _provider.Dispose();

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}

/// <summary>
/// Requests that are no caller's, such as those that open a connection for all, would each be a trace of one span.
/// </summary>
internal sealed class SharedWorkFilter : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.Source.Name == NodeRequests.SourceName && data.ParentSpanId == default)
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}

/// <summary>What became of the last delivery: the exporter tells its own log alone.</summary>
internal sealed class DeliveryWatch
{
    private string? _failure;

    public void Failed(string why) => Interlocked.Exchange(ref _failure, why);

    public string? TakeFailure() => Interlocked.Exchange(ref _failure, null);
}

/// <summary>The platform's handler, with the watch told of what was not taken. The exporter over HTTP sends synchronously.</summary>
/// <param name="watch">Told why something was not taken.</param>
/// <param name="inner">The platform's handler.</param>
/// <param name="unusable">Why nothing can be sent at all; null where it can.</param>
internal sealed class DeliveryHandler(DeliveryWatch watch, SocketsHttpHandler inner, HttpRequestException? unusable)
    : DelegatingHandler(inner)
{
    /// <summary>Makes one with the certificates that the process's environment names.</summary>
    public static DeliveryHandler Of(DeliveryWatch watch)
    {
        try
        {
            return new DeliveryHandler(watch, CollectorCertificates.Of(Environment.GetEnvironmentVariable).Handler(), unusable: null);
        }
        catch (HttpRequestException failure)
        {
            return new DeliveryHandler(watch, new SocketsHttpHandler(), failure);
        }
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return unusable is null ? Look(base.Send(request, cancellationToken)) : throw unusable;
        }
        catch (Exception failure)
        {
            watch.Failed(WordsOf(failure));
            throw;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return unusable is null ? Look(await base.SendAsync(request, cancellationToken)) : throw unusable;
        }
        catch (Exception failure)
        {
            watch.Failed(WordsOf(failure));
            throw;
        }
    }

    private HttpResponseMessage Look(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode)
        {
            watch.Failed($"it answers {(int)answer.StatusCode} {answer.ReasonPhrase}".TrimEnd());
        }
        else if (answer.Headers.TryGetValues("grpc-status", out var status) && status.First() != "0")
        {
            watch.Failed($"it answers with gRPC's status {status.First()}");
        }

        return answer;
    }

    private static string WordsOf(Exception failure) => failure is OperationCanceledException
        ? "it did not answer in time"
        : Quote.Cause(failure).TrimEnd('.');
}
