using System.Net;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>Requests whose stream comes to its end under them.</summary>
public sealed class IdempotentRetryTests
{
    private static readonly HttpRequestException NobodyReads = new("not sent", new IOException("nobody reads"));

    public static TheoryData<Exception> Ends => [NobodyReads, new HpcException(ErrorId.NodeUnreachable, "gone", "n1")];

    public static TheoryData<Exception> Failures =>
    [
        new HttpRequestException("not opened", new HpcException(ErrorId.NodeUnreachable, "gone", "n1")),
        new HpcException(ErrorId.EngineUnavailable, "no client", "n1"),
        new OperationCanceledException("the caller left"),
    ];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_request_that_changes_nothing_more_the_second_time_is_sent_again(Exception end)
    {
        Assert.Equal(2, await RequestsAsync(HttpMethod.Get, end));
        Assert.Equal(2, await RequestsAsync(HttpMethod.Delete, end));
    }

    [Fact]
    public async Task A_request_that_may_have_been_carried_out_is_not_sent_again() =>
        Assert.Equal(1, await RequestsAsync(HttpMethod.Post, NobodyReads));

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failure_that_is_no_stream_s_end_is_told_at_once(Exception failure) =>
        Assert.Equal(1, await RequestsAsync(HttpMethod.Get, failure));

    [Fact]
    public async Task It_gives_up_after_the_third_repeat() =>
        Assert.Equal(4, await RequestsAsync(HttpMethod.Get, [.. Enumerable.Repeat<Exception>(NobodyReads, 10)]));

    /// <summary>How many requests the engine was sent, of which the first meet the failures given, until an answer or a failure came.</summary>
    private static async Task<int> RequestsAsync(HttpMethod method, params Exception[] failures)
    {
        var engine = new FailingHandler(failures);
        using var client = new HttpClient(new IdempotentRetry(engine));
        using var request = new HttpRequestMessage(method, new Uri("http://engine/"));
        var sending = client.SendAsync(request);
        if (engine.Requests <= failures.Length)
        {
            Assert.NotNull(await Record.ExceptionAsync(() => sending));
        }
        else
        {
            using var answer = await sending;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        return engine.Requests;
    }

    private sealed class FailingHandler(IReadOnlyList<Exception> failures) : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Requests++ < failures.Count
                ? Task.FromException<HttpResponseMessage>(failures[Requests - 1])
                : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
    }
}
