using System.Diagnostics;
using PisaHpc.Adapters.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

public sealed class EngineHandlersTests
{
    [Fact]
    public async Task A_stream_that_requests_share_is_opened_in_no_activity_of_the_first_of_them()
    {
        using var caller = new Activity("a job").Start();
        var seen = caller;
        using var handlers = new EngineHandlers(
            "n1",
            _ =>
            {
                seen = Activity.Current;
                throw new IOException("nobody is there");
            },
            TimeSpan.FromMinutes(1));
        using var client = new HttpClient(handlers.Short, disposeHandler: false) { BaseAddress = EngineHandlers.Address };

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("version", UriKind.Relative)));

        Assert.Null(seen);
    }
}
