using PisaHpc.Ports;

namespace PisaHpc.Unit.Ports;

/// <summary>What is in an area by accident or by malice costs nobody else his port.</summary>
public sealed class StrayEntryTests : IDisposable
{
    private const string Times = """ "leasedAt":"2026-01-01T00:00:00Z","expiresAt":"2027-01-01T00:00:00Z" """;

    private readonly TestArea _test = new();
    private readonly List<string> _skipped = [];
    private readonly PortArea _area;

    public StrayEntryTests()
    {
        _area = new PortArea(_test.Path) { Skipped = _skipped.Add };
        _area.Lease(TestArea.Request("1"));
    }

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("touch")]
    [InlineData("mkfifo")]
    [InlineData("mkdir")]
    [InlineData("ln", "-s", "/dev/zero")]
    public async Task What_stands_for_no_port_is_passed_over_and_named(string command, params string[] arguments)
    {
        TestArea.Shell(command, [.. arguments, $"{_test.Path}/job-4711"]);

        Assert.Equal("1", Assert.Single(await InTimeAsync(_area.List)).JobId);
        Assert.Equal("1", Assert.Single(await InTimeAsync(() => _area.PredictReclaim(DateTimeOffset.UtcNow.AddYears(1)))).JobId);
        Assert.All(_skipped, line => Assert.Contains($"rm {_test.Path}/job-4711", line, StringComparison.Ordinal));
        Assert.Equal(2, _skipped.Count);
        foreach (var call in new Action[]
        {
            () => _area.Find("4711"), () => _area.Release("4711"), () => _area.Lease(TestArea.Request("4711")),
        })
        {
            var failure = await Assert.ThrowsAsync<HpcException>(() => InTimeAsync(() => { call(); return 0; }));
            Assert.Equal(ErrorId.PortAreaUnusable, failure.Id);
        }
    }

    [Fact]
    public async Task A_port_that_is_no_file_goes_to_nobody()
    {
        foreach (var port in _test.FoundFree())
        {
            File.Delete($"{_test.Path}/{port}");
            TestArea.Shell("mkfifo", $"{_test.Path}/{port}");
        }

        var failure = await Assert.ThrowsAsync<HpcException>(() => InTimeAsync(() => _area.Lease(TestArea.Request("2"))));

        Assert.Equal(ErrorId.PortAreaExhausted, failure.Id);
    }

    [Theory]
    [InlineData("\"a/b\"")]
    [InlineData("null")]
    public void A_record_of_no_job_counts_as_none(string jobId) => What_is_no_record_of_a_job_counts_as_none(
        $$"""{"state":"Granted","port":40000,"jobId":{{jobId}},"owner":"x","host":"h","pid":1,"scheduler":"Manual",{{Times}}}""");

    [Theory]
    [InlineData("no record")]
    [InlineData("{}")]
    public void What_is_no_record_of_a_job_counts_as_none(string line)
    {
        var port = int.Parse(_test.FoundFree()[0]);
        File.WriteAllText($"{_test.Path}/{port}", line + "\n");
        _test.LinkAsOldScript(port, "2");

        Assert.Equal(("2", null), (_area.Find("2")!.JobId, _area.Find("2")!.Host));
        Assert.Equal(["1", "2"], _area.List().Select(lease => lease.JobId).Order());
    }

    [Fact]
    public void A_file_of_a_terabyte_is_not_read_whole()
    {
        var port = int.Parse(_test.FoundFree()[0]);
        _test.LinkAsOldScript(port, "2");
        TestArea.Shell("truncate", "-s", "1T", $"{_test.Path}/{port}");

        Assert.Equal(2, _area.List().Count);
    }

    [Fact]
    public void A_lease_that_names_a_million_nodes_leads_to_none_of_them()
    {
        var lease = _area.Lease(TestArea.Request("2") with { Nodes = "a[1-1000000]*1 o2wn[01-02]*32 [ *7 o2wn02*1 b" });

        Assert.Equal(["o2wn01", "o2wn02", "b"], lease.Nodes);
    }

    private static Task<T> InTimeAsync<T>(Func<T> call) => Task.Run(call).WaitAsync(TimeSpan.FromSeconds(20));
}
