using PisaHpc.Adapters;
using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Module.Base;
using PisaHpc.Nodes;
using PisaHpc.Preflight;
using PisaHpc.Setup;
using PisaHpc.Sites;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Preflight;

namespace PisaHpc.Unit.Engines;

/// <summary>A site whose engines are of another kind is served by what that kind says of itself, and nothing else.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class AnotherEngineTests
{
    private static readonly AnotherEngine Kind = new();
    private static readonly HpcSite Site = Evidence.Site with
    {
        PortArea = null,
        Records = null,
        Nodes = new NodeAccess { EngineAdministration = Kind },
    };

    private readonly FakeCluster _cluster = new();

    public static TheoryData<ErrorId> Ids => [.. Enum.GetValues<ErrorId>()];

    [Fact]
    public void Its_socket_is_the_one_of_a_site_that_names_none()
    {
        Assert.Equal("/run/barge.sock", Site.Nodes.EngineSocket);
        Assert.Equal("/run/other.sock", (Site.Nodes with { EngineSocket = "/run/other.sock" }).EngineSocket);
    }

    [Fact]
    public void A_check_of_a_node_says_its_words()
    {
        var fit = Evidence.OfAFitNode;
        fit = fit with { Request = fit.Request with { Site = Site } };
        Assert.Equal("Barge 27.5.1, API 1.47", Examine("Engine", fit).Evidence);
        var silent = fit with { EngineFailure = new HpcException(ErrorId.EngineUnavailable, "It is silent.", "o2wn01") };
        Assert.Equal("Check the engine on the node: barge status; barge log.", Examine("Engine", silent).Remedy);
        var full = fit with { Facts = fit.Facts with { FreeDiskBytes = 1 } };
        Assert.Equal("Remove images that no environment uses: barge prune, or give the engine's hold a larger file system.", Examine("Disk", full).Remedy);
        var slow = fit with { Details = fit.Details! with { StorageDriver = "vfs" } };
        Assert.StartsWith("Set stowage = fast in", Examine("Storage", slow).Remedy, StringComparison.Ordinal);
        var locked = fit with { Containers = [.. fit.Containers.Select(probe => probe with { Seen = Evidence.Inside with { MemlockBytes = 1 } })] };
        Assert.Contains("for barge.service;", Examine("Memlock", locked).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void No_error_says_the_words_of_Docker(ErrorId id) => Assert.DoesNotContain(
        "docker",
        ErrorCatalogue.RecordOf(new HpcException(id, "It failed.", "o2wn01"), engine: Kind.Terms).ErrorDetails.RecommendedAction,
        StringComparison.Ordinal);

    [Fact]
    public async Task Its_own_script_is_asked_for_its_configuration_and_what_runs()
    {
        var facts = await SetupFacts.ReadAsync(
            new LocalShell("o2wn01"), Site with { Engine = new EngineSettings { RegistryCertificate = "ca.pem" } }, CancellationToken.None);
        Assert.Equal(("/etc/barge.conf", true), (facts.Engine.File, facts.Engine.Runs));
        Assert.Equal(["barged", "--socket", "/run/barge.sock"], facts.Engine.CommandLine);
        Assert.Contains("moored", facts.Engine.Marks);
        Assert.Equal("/etc/barge/registry.lab:5000.crt", facts.CertificateFile);
    }

    [Fact]
    public async Task What_it_plans_is_written_and_taken_up_by_its_command()
    {
        List<string> steps = [];
        _cluster.OnRun = (_, arguments, input) =>
        {
            steps.Add(arguments is ["sh", "-c", _, var script, ..] ? $"{script} {System.Text.Encoding.UTF8.GetString(input.Span)}".Trim() : string.Join(' ', arguments));
            return FakeCluster.Result(0, "run\t1\nend\t1\n");
        };
        var connection = await ((INodeConnector)_cluster).ConnectAsync("o2wn01", CancellationToken.None);
        var plan = await NodeSetupPlan.ReadAsync(connection, _cluster, Site, certificate: null, CancellationToken.None);
        var done = await NodeSetup.RunAsync(connection, _cluster, plan, DateTimeOffset.UnixEpoch, CancellationToken.None);
        Assert.Equal(["/etc/barge.conf: set keep", "engine: reload its configuration"], done.Changes);
        Assert.Equal(
            ["Setup/setup-facts.sh", "Setup/mark-change.sh", "Setup/put-file.sh keep = yes", "barge reload", "rm -f /etc/barge.conf.pisahpc-pending"],
            steps);
    }

    [Fact]
    public async Task Its_commands_give_an_image_and_take_it()
    {
        var digest = FakeImageStore.Digest('a');
        var held = FakeImageStore.Image("reg:5000/x", digest, "reg:5000/x:1");
        _cluster.EngineOf("n1").Store.Add(held);
        IReadOnlyList<string> seen = [];
        _cluster.OnRun = (_, arguments, _) =>
        {
            seen = arguments;
            return FakeCluster.Result(0);
        };
        var supply = new PeerScheduler();
        supply.Open(digest, ["n1"]);
        var step = ImageUpdateStep.For("n2", [], new WantedImage(ImageReference.Parse("reg:5000/x:1"), []), digest);
        Assert.Equal(
            "n1",
            await new PeerTransfer(_cluster.Cluster, Site.Nodes, supply).FetchAsync(
                step, () => Task.CompletedTask, CancellationToken.None));
        Assert.Contains(LoginShellLine.Of("exec barge take"), seen);
        Assert.Equal(["barge", "give", held.Id], seen.TakeLast(3));
    }

    [Fact]
    public void One_that_no_adapter_serves_is_refused_by_its_name() => Assert.Contains(
        "'Barge' is not known", Assert.Throws<HpcException>(() => NodeConnectors.EnginesFor(Site.Nodes, static () => null)).Message, StringComparison.Ordinal);

    private static CheckFinding Examine(string name, NodeEvidence evidence) => NodeChecks.All.Single(check => check.Name == name).Examine(evidence);
}
