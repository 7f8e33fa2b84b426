using System.Management.Automation;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>Update-HpcImage over sixteen real engines; what the registry served is read from its own log.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class UpdateHpcImageTests(ImageLab images) : IClassFixture<ImageLab>, IDisposable
{
    private const string Update = "param($Site, $Node, $Limit = 10) Update-HpcImage -Site $Site -Node $Node -ThrottleLimit $Limit -RetryIntervalSec 1";
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    public async Task The_registry_serves_as_many_nodes_at_a_time_as_the_limit_says_and_no_more(int limit)
    {
        var repository = $"try/images/limit{limit}";
        var digest = await images.PublishAsync($"{repository}:1", layers: 2, megabytes: 1);

        var run = _shell.Run(Update, new { Site = images.SiteFor($"{repository}:1"), Node = images.NodeList, Limit = limit }).Succeeded();

        Assert.Equal(ImageLab.Count, run.Objects.Count);
        Assert.All(run.Objects, result => Assert.Equal(("Updated", true, digest, null, 1), Of(result)));
        Assert.All((await images.HeldAsync($"{repository}:1")).Values, held => Assert.Equal(digest, held));
        var log = images.Registry.Log.Of(repository);
        Assert.Equal(images.Nodes.Select(node => node.Address).Order(), log.Layers.Clients.Order());
        Assert.InRange(log.Layers.MostClientsAtATime(), (limit / 2) + 1, limit);
    }

    [Fact]
    public async Task Nodes_that_hold_it_are_skipped_without_a_pull_and_the_tag_is_asked_for_once()
    {
        const string Repository = "try/images/held";
        await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1);
        foreach (var node in images.Nodes.Take(5))
        {
            await images.PullAsync(node, $"{Repository}:1");
        }

        var start = DateTimeOffset.UtcNow;
        var run = _shell.Run(Update, new { Site = images.SiteFor($"{Repository}:1"), Node = images.NodeList }).Succeeded();

        Assert.Equal(images.Nodes.Take(5).Select(node => node.Name).Order(), Named(run, "Current").Order());
        Assert.Equal(images.Nodes.Skip(5).Select(node => node.Name).Order(), Named(run, "Updated").Order());
        var asked = images.Registry.Log.Of(Repository).Since(start);
        Assert.Equal(images.Nodes.Skip(5).Select(node => node.Address).Order(), asked.Layers.Clients.Order());
        Assert.Single(asked.Requests.Where(request => request.Path.EndsWith("/manifests/1", StringComparison.Ordinal)).Select(request => request.Client).Distinct());
        AssertProgress(run, Named(run, "Updated"));

        var later = DateTimeOffset.UtcNow;
        var again = _shell.Run(Update, new { Site = images.SiteFor($"{Repository}:1"), Node = images.NodeList }).Succeeded();
        Assert.All(again.Objects, result => Assert.Equal(("Current", false, 0), (result.Properties["State"].Value, result.Properties["Changed"].Value, result.Properties["Attempts"].Value)));
        Assert.Empty(images.Registry.Log.Of(Repository).Since(later).Layers.Requests);
    }

    [Fact]
    public async Task Nodes_that_serve_each_other_take_the_layers_of_one_node_from_the_registry_and_know_the_image_by_its_digest()
    {
        const string Repository = "try/images/peers";
        var digest = await images.PublishAsync($"{Repository}:1", layers: 2, megabytes: 4);
        var run = _shell.Run(Update + " -Distribution Peers", new { Site = images.SiteFor($"{Repository}:1"), Node = images.NodeList }).Succeeded();

        Assert.All(run.Objects, result => Assert.Equal(("Updated", true, digest, null, 1), Of(result)));
        Assert.All((await images.HeldAsync($"{Repository}:1")).Values, held => Assert.Equal(digest, held));
        var first = Assert.Single(images.Registry.Log.Of(Repository).Layers.Clients);
        var sources = run.Objects.ToLookup(
            result => (string)result.Properties["Source"].Value, result => (string)result.Properties["Node"].Value);
        Assert.Equal(first, images.Nodes.Single(node => node.Name == Assert.Single(sources[images.Registry.Name])).Address);
        Assert.Empty(sources.Select(source => source.Key).Except(images.Nodes.Select(node => node.Name)).Except([images.Registry.Name]));
    }

    [Fact]
    public async Task A_registry_that_dies_half_way_leaves_the_old_image_or_the_new_one_and_a_second_update_completes()
    {
        const string Repository = "try/images/dies";
        var (old, site) = (await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1), images.SiteFor($"{Repository}:1"));
        _shell.Run(Update, new { Site = site, Node = images.NodeList }).Succeeded();
        var wanted = await images.PublishAsync($"{Repository}:1", layers: 4, megabytes: 1);
        Assert.NotEqual(old, wanted);

        // Docker itself tries a broken layer for most of a minute; the time limit takes the rest of that away.
        var start = DateTimeOffset.UtcNow;
        const string Once = "param($Site, $Node) Update-HpcImage -Site $Site -Node $Node -ThrottleLimit 4 -MaximumRetryCount 0 -TimeoutSec 10";
        var updating = _shell.RunAsync(Once, new { Site = site, Node = images.NodeList }, CancellationToken.None);
        await Until(() => images.Registry.Log.Of(Repository).Since(start).Layers.Clients.Count >= 6);
        await images.Registry.KillAsync();
        var run = await updating;
        await images.Registry.RestartAsync();

        var held = await images.HeldAsync($"{Repository}:1");
        Assert.All(held.Values, digest => Assert.Contains(digest, new[] { old, wanted }));
        Assert.Contains(wanted, held.Values);
        Assert.Contains(old, held.Values);
        Assert.Equal(held.Where(node => node.Value == wanted).Select(node => node.Key).Order(), Named(run, "Updated").Order());
        Assert.Equal(held.Where(node => node.Value == old).Select(node => node.Key).Order(), Named(run, "Failed").Order());
        Assert.All(run.ErrorIds, id => Assert.Equal("ImagePullFailed", id));
        Assert.Equal(Named(run, "Failed").Order(), run.FailedNodes.Order());
        Assert.All(run.Objects, result => Assert.Equal(old, result.Properties["PreviousDigest"].Value));
        var named = _shell.Run("param($Nodes) (Get-HpcAllocation -Node $Nodes -Slot 1 -Owner root).Nodes | ForEach-Object Name", new { Nodes = Assert.Single(run.Warnings).Split(' ', '.')[2] });
        Assert.Equal(Named(run, "Failed").Order(), named.Succeeded().Objects.Select(node => node.ToString()).Order());

        var again = _shell.Run("param($Results, $Site) $Results | Update-HpcImage -Site $Site", new { Results = run.Objects, Site = site }).Succeeded();
        Assert.Equal(Named(run, "Failed").Order(), Named(again, "Updated").Order());
        Assert.All((await images.HeldAsync($"{Repository}:1")).Values, digest => Assert.Equal(wanted, digest));
    }

    [Fact]
    public async Task A_registry_that_hangs_is_the_error_of_the_image_and_every_node_is_listed()
    {
        const string Repository = "try/images/hangs";
        await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1);
        var site = images.SiteFor($"{Repository}:1");
        _shell.Run(Update, new { Site = site, Node = images.NodeList }).Succeeded();
        await images.Registry.FreezeAsync();
        try
        {
            const string Get = "param($Site, $Node) Get-HpcImage -Site $Site -Node $Node -Environment * -TimeoutSec 5";
            var run = _shell.Run(Get, new { Site = site, Node = images.NodeList });
            Assert.Equal($"{images.Registry.Name}/{Repository}:1", run.Failed("ImagePullFailed").TargetObject);
            Assert.Equal(images.Nodes.Select(node => node.Name).Order(), Named(run, "Unknown").Order());
        }
        finally
        {
            await images.Registry.ThawAsync();
        }
    }

    [Fact]
    public async Task A_failure_that_only_the_message_stream_tells_is_an_error_and_a_retry_outlasts_a_registry_that_is_away()
    {
        const string Repository = "try/images/broken";
        var (old, site) = (await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1), images.SiteFor($"{Repository}:1"));
        var nodes = images.Nodes.Take(3).Select(node => node.Name).ToArray();
        _shell.Run(Update, new { Site = site, Node = nodes }).Succeeded();
        var blobs = BlobFiles();
        var wanted = await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1);
        var layer = BlobFiles().Except(blobs).MaxBy(file => new FileInfo(file).Length)!;
        var good = await File.ReadAllBytesAsync(layer);
        await File.WriteAllBytesAsync(layer, [.. good[..^10], .. "otherwise!"u8]);

        var run = _shell.Run("param($Site, $Node) Update-HpcImage -Site $Site -Node $Node -MaximumRetryCount 1 -RetryIntervalSec 0", new { Site = site, Node = nodes });
        Assert.All(run.ErrorIds, id => Assert.Equal("ImagePullFailed", id));
        Assert.Equal(nodes, run.FailedNodes.Order());
        Assert.All(run.Objects, result => Assert.Equal(("Failed", false, wanted, old, 2), Of(result)));
        var held = await images.HeldAsync($"{Repository}:1");
        Assert.All(nodes, node => Assert.Equal(old, held[node]));

        await File.WriteAllBytesAsync(layer, good);
        await images.Registry.KillAsync();
        var refused = await images.Registry.RefusedAsync();
        const string Again = "param($Results, $Site) Update-HpcImage -Retry $Results -Site $Site -MaximumRetryCount 8 -RetryIntervalSec 1";
        var updating = _shell.RunAsync(Again, new { Results = run.Objects, Site = site }, CancellationToken.None);
        await Until(async () => await images.Registry.RefusedAsync() >= refused + nodes.Length);
        await images.Registry.RestartAsync();

        var again = (await updating).Succeeded();
        Assert.Equal(nodes, Named(again, "Updated").Order());
        Assert.All(
            again.Objects, result => Assert.True((int)result.Properties["Attempts"].Value > 1, $"{result} came without a second attempt."));
        held = await images.HeldAsync($"{Repository}:1");
        Assert.All(nodes, node => Assert.Equal(wanted, held[node]));
    }

    [Fact]
    public async Task A_registry_that_is_away_from_the_start_is_one_error_and_no_node_is_touched()
    {
        const string Repository = "try/images/away";
        await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1);
        await images.Registry.KillAsync();
        var (site, nodes) = (images.SiteFor($"{Repository}:1"), images.NodeList);
        var update = _shell.Run(Update, new { Site = site, Node = nodes });
        var listing = _shell.Run(
            "param($Site, $Node) Get-HpcImage -Site $Site -Node $Node -Environment try", new { Site = site, Node = nodes });
        await images.Registry.RestartAsync();

        Assert.Equal($"{images.Registry.Name}/{Repository}:1", update.Failed("ImagePullFailed").TargetObject);
        Assert.Empty(update.Objects);
        listing.Failed("ImagePullFailed");
        Assert.Equal(ImageLab.Count, Named(listing, "Missing").Count);
    }

    [Fact]
    public async Task Ctrl_C_ends_the_pulls_on_the_nodes()
    {
        const string Repository = "try/images/stopped";
        await images.PublishAsync($"{Repository}:1", layers: 2, megabytes: 8);
        using var stop = new CancellationTokenSource();
        var updating = _shell.RunAsync(
            Update, new { Site = images.SiteFor($"{Repository}:1"), Node = images.NodeList, Limit = 4 }, stop.Token);
        await Until(async () => (await images.Registry.ConnectedAsync()).Count == 4);
        await stop.CancelAsync();
        Assert.True((await updating).Stopped);
        await Until(async () => (await images.Registry.ConnectedAsync()).Count == 0);

        Assert.All((await images.HeldAsync($"{Repository}:1")).Values, Assert.Null);
        var sent = images.Registry.Log.Of(Repository).Requests.Sum(request => request.Bytes);
        Assert.True(sent < 4 * (16 << 20), $"The registry sent {sent} bytes, which is the image to all four nodes.");
    }

    [Fact]
    public async Task WhatIf_names_the_nodes_that_would_pull_and_changes_nothing()
    {
        const string Repository = "try/images/whatif";
        var digest = await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1);
        await images.PullAsync(images.Nodes[0], $"{Repository}:1");
        var run = _shell.Run(Update + " -WhatIf -PassThru", new { Site = images.SiteFor($"{Repository}:1"), Node = images.NodeList }).Succeeded();
        Assert.Equal([images.Nodes[0].Name], Named(run, "Current"));
        Assert.Equal(images.Nodes.Skip(1).Select(node => node.Name).Order(), Named(run, "Pending").Order());
        Assert.All(run.Objects, result => Assert.Equal(digest, result.Properties["Digest"].Value));
        Assert.Equal([images.Nodes[0].Address], images.Registry.Log.Of(Repository).Layers.Clients);
        Assert.All(
            (await images.HeldAsync($"{Repository}:1")).Where(node => node.Key != images.Nodes[0].Name), node => Assert.Null(node.Value));
    }

    [Fact]
    public async Task A_node_is_listed_with_what_it_holds_and_what_it_lacks()
    {
        const string Repository = "try/images/listed";
        var name = $"{images.Registry.Name}/{Repository}:1";
        var (site, nodes) = (images.SiteFor($"{Repository}:1"), images.Nodes.Take(3).ToArray());
        var old = await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1);
        await images.PullAsync(nodes[0], $"{Repository}:1");
        var wanted = await images.PublishAsync($"{Repository}:1", layers: 1, megabytes: 1);
        await images.PullAsync(nodes[1], $"{Repository}:1");

        var run = _shell.Run("param($Site, $Node, $Name) Get-HpcImage -Site $Site -Node $Node -Name $Name", new { Site = site, Node = nodes.Select(node => node.Name).ToArray(), Name = name }).Succeeded();
        Assert.Equal(
            [(nodes[0].Name, "Outdated", old, wanted), (nodes[1].Name, "Current", wanted, wanted), (nodes[2].Name, "Missing", null, wanted)],
            run.Objects.Select(image => ((string)image.Properties["Node"].Value, (string)image.Properties["State"].Value, (string?)image.Properties["Digest"].Value, (string)image.Properties["WantedDigest"].Value)).Order());

        var all = _shell.Run("param($Site, $Node) Get-HpcImage -Site $Site -Node $Node", new { Site = site, Node = nodes[0].Name }).Succeeded();
        var held = (await nodes[0].DockerAsync("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")).EndedWith(0).Lines;
        Assert.Equal(
            held.Where(tag => !tag.EndsWith(":<none>", StringComparison.Ordinal)).Order(),
            all.Objects.Select(image => (string)image.Properties["Name"].Value).Where(tag => !tag.Contains('@', StringComparison.Ordinal) && !tag.StartsWith("sha256:", StringComparison.Ordinal)).Order());
    }

    private static (string State, bool Changed, string? Digest, string? Before, int Attempts) Of(PSObject result) => (
        (string)result.Properties["State"].Value,
        (bool)result.Properties["Changed"].Value,
        (string?)result.Properties["Digest"].Value,
        (string?)result.Properties["PreviousDigest"].Value,
        (int)result.Properties["Attempts"].Value);

    private static List<string> Named(RunResult run, string state) =>
        [.. run.Objects.Where(result => (string)result.Properties["State"].Value == state).Select(result => (string)result.Properties["Node"].Value)];

    /// <summary>First the look at every node has its bars, then the update of those that pulled.</summary>
    private void AssertProgress(RunResult run, IReadOnlyList<string> pulled)
    {
        var look = run.Progress.TakeWhile(record => record.ParentActivityId >= 0 || record.Activity == "Looking for images").ToList();
        AssertBars(look, images.Nodes.Select(node => node.Name));
        AssertBars([.. run.Progress.Skip(look.Count)], pulled);
    }

    /// <summary>A bar for the whole, and below it one for each node; all are taken away at the end.</summary>
    private static void AssertBars(IReadOnlyList<ProgressRecord> records, IEnumerable<string> nodes)
    {
        var whole = records.First(record => record.ParentActivityId < 0);
        Assert.All(records.Except([whole]), record => Assert.Equal(
            record.ActivityId == whole.ActivityId ? -1 : whole.ActivityId, record.ParentActivityId));
        Assert.Equal(nodes.Order(), records.Where(record => record.ParentActivityId >= 0).Select(record => record.Activity).Distinct().Order());
        Assert.All(records.GroupBy(record => record.ActivityId), bar => Assert.Equal(ProgressRecordType.Completed, bar.Last().RecordType));
    }

    private List<string> BlobFiles() => [.. Directory.EnumerateFiles(images.Registry.Blobs, "data", SearchOption.AllDirectories)];

    private static Task Until(Func<bool> condition) => Until(() => Task.FromResult(condition()));

    private static async Task Until(Func<Task<bool>> condition)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(60), "The condition did not come true within a minute.");
            await Task.Delay(20);
        }
    }
}
