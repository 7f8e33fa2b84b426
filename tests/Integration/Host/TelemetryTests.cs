using System.Net;
using System.Net.Sockets;
using System.Text;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Host;

/// <summary>Traces for a collector of OpenTelemetry, which is named by the environment of a process and by nothing else.</summary>
[Collection(LabTests.Name)]
public sealed class TelemetryTests(LabFixture lab)
{
    private const string Command = "Get-HpcContainer o2wn01 | Out-Null; Get-HpcContainer o2wn01 | Out-Null";

    /// <summary>The names stand in the message as they are (protobuf, wire types: a string is its length and its bytes).</summary>
    [Fact]
    public async Task A_collector_gets_the_spans_of_each_command_before_the_process_ends()
    {
        using var collector = new Collector(answers: true);

        var run = await RunAsync(collector.Address);

        Assert.Equal("", run.EndedWith(0).Error);
        var received = await collector.FirstAsync();
        Assert.StartsWith("POST /v1/traces HTTP/1.1", received, StringComparison.Ordinal);
        Assert.Contains("application/x-protobuf", received, StringComparison.Ordinal);
        Assert.All(
            ["service.name", "pisahpc", "Get-HpcContainer", "PisaHpc.Requests", "GET /containers/json", "o2wn01"],
            word => Assert.Contains(word, received, StringComparison.Ordinal));
        Assert.DoesNotContain("GET /version", received, StringComparison.Ordinal);
    }

    /// <summary>One that takes a connection and never answers would hold a hook for as long as the exporter waits.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_collector_that_takes_nothing_is_one_warning_and_the_commands_go_on(bool listens)
    {
        using var collector = new Collector(answers: false);
        if (!listens)
        {
            collector.Dispose();
        }

        var run = await RunAsync(collector.Address);

        var warning = Assert.Single(run.EndedWith(0).Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"The trace is not exported: {collector.Address}", warning, StringComparison.Ordinal);
    }

    private Task<ProcessResult> RunAsync(string address)
    {
        _ = lab;
        return RunningProcess.RunAsync(Repository.Host, ["-Command", Command], new Dictionary<string, string?>
        {
            ["PISAHPC_MODULE"] = null,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        });
    }

    /// <summary>Takes connections at a port of this machine, and what comes on the first.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly bool _answers;

        public Collector(bool answers)
        {
            _answers = answers;
            _listener.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
            _ = AcceptAsync();
        }

        public string Address { get; }

        public Task<string> FirstAsync() => _first.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = ServeAsync(await _listener.AcceptTcpClientAsync());
                }
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            var received = new StringBuilder();
            var buffer = new byte[1 << 16];
            await using var stream = client.GetStream();
            while (await stream.ReadAsync(buffer) is > 0 and var count)
            {
                received.Append(Encoding.Latin1.GetString(buffer, 0, count));
                if (_answers && IsWhole(received.ToString()))
                {
                    _first.TrySetResult(received.ToString());
                    received.Clear();
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                }
            }
        }

        private static bool IsWhole(string request)
        {
            const string Length = "Content-Length: ";
            var head = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var at = request.IndexOf(Length, StringComparison.Ordinal);
            return head >= 0 && at >= 0 && request.Length - head - 4 >= int.Parse(
                request[(at + Length.Length)..request.IndexOf('\r', at)], System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
