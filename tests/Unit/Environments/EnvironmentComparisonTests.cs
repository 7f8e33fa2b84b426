using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>Nodes in memory, and what a comparison with what is declared says of them.</summary>
public sealed class EnvironmentComparisonTests
{
    private readonly StaticCluster _cluster = new();

    public EnvironmentComparisonTests()
    {
        _cluster.Nodes.RegistryDigests["registry.lab:5000/pisa/hpc:deb12"] = FakeImageStore.Digest('2');
        Engine.Store.Add(FakeImageStore.Image("tiny", FakeImageStore.Digest('3'), "tiny"));
    }

    private FakeEngine Engine => _cluster.Engine;

    [Fact]
    public async Task What_runs_as_declared_has_no_difference_and_little_is_asked_for_that()
    {
        await _cluster.StartAsync();
        var before = _cluster.Nodes.Calls.Count;
        Assert.Empty(await CompareAsync());
        var calls = _cluster.Nodes.Calls.Skip(before).Select(call => call.Step)
            .Where(step => step is not (FakeStep.Connect or FakeStep.ConnectEngine)).Order();

        // The facts and an answer of the sshd; the specification, the containers, the digest, and a command in the container.
        Assert.Equal([FakeStep.Run, FakeStep.Run, FakeStep.Find, FakeStep.List, FakeStep.ResolveImage, FakeStep.Execute], calls);
    }

    [Fact]
    public async Task A_greeting_takes_no_command_in_the_container_but_where_the_node_cannot_tell()
    {
        await _cluster.StartAsync();
        var before = _cluster.Nodes.Calls.Count;
        Assert.Empty(await CompareAsync(ReadinessProof.Greeting));
        Assert.DoesNotContain(_cluster.Nodes.Calls.Skip(before), call => call.Step == FakeStep.Execute);
        _cluster.TellsGreetings = false;
        Assert.Empty(await CompareAsync(ReadinessProof.Greeting));
        Assert.Single(_cluster.Nodes.Calls.Skip(before), call => call.Step == FakeStep.Execute);
    }

    [Theory]
    [InlineData(false, "LoginsClosed")] // what keeps them out the container alone can tell
    [InlineData(true, "NotReady")]
    public async Task What_a_greeting_says_is_told_as_the_way_in_would_be(bool isDeaf, string kind)
    {
        await _cluster.StartAsync();
        _cluster.Nodes.OnExecute = (_, _) => FakeExecution.Ended(1);
        (_cluster.IsDeaf, _cluster.TellsGreetings) = (isDeaf, isDeaf);
        var difference = Assert.Single(await CompareAsync(ReadinessProof.Greeting));
        Assert.Equal(("o2wn01", "cs7", "pisahpc-static-cs7", kind, "Error"), Facts(difference));
    }

    [Fact]
    public async Task One_that_turns_users_away_since_a_drain_was_killed_in_it_is_told_as_such()
    {
        await _cluster.StartAsync();
        _cluster.Nodes.OnExecute = (_, _) => FakeExecution.Ended(1);
        var shut = Assert.Single(await CompareAsync());
        Assert.Equal(("o2wn01", "cs7", "pisahpc-static-cs7", "LoginsClosed", "Error"), Facts(shut));
        Assert.Equal("Sync-HpcEnvironment cs7 -Node o2wn01", shut.Remedy);
    }

    [Fact]
    public async Task A_node_without_the_container_lacks_it()
    {
        var difference = Assert.Single(await CompareAsync());
        Assert.Equal(("o2wn01", "cs7", "pisahpc-static-cs7", "Missing", "Error"), Facts(difference));
        Assert.Equal("Sync-HpcEnvironment cs7 -Node o2wn01", difference.Remedy);
    }

    [Fact]
    public async Task One_that_was_stopped_does_not_run_and_one_into_which_nobody_gets_is_not_ready()
    {
        var started = await _cluster.StartAsync();
        _cluster.IsDeaf = true;
        Assert.Equal(("o2wn01", "cs7", "pisahpc-static-cs7", "NotReady", "Error"), Facts(Assert.Single(await CompareAsync())));
        Assert.Empty(await CompareAsync(ReadinessProof.None));
        Engine.Exit(started.Id, 0);
        Assert.Equal(("o2wn01", "cs7", "pisahpc-static-cs7", "NotRunning", "Error"), Facts(Assert.Single(await CompareAsync())));
    }

    [Fact]
    public async Task One_that_ends_and_is_started_again_and_again_is_restarting()
    {
        await _cluster.StartAsync();
        Engine.Add(Assert.Single(Engine.Containers) with { State = ContainerState.Restarting });
        Assert.Equal(("o2wn01", "cs7", "pisahpc-static-cs7", "Restarting", "Error"), Facts(Assert.Single(await CompareAsync())));
    }

    [Theory]
    [InlineData(false, "Warning")]
    [InlineData(true, "Error")] // seen between two of its lives
    public async Task One_that_lasts_for_seconds_each_time_is_restarting_too_though_it_runs_at_the_moment(bool isDeaf, string severity)
    {
        await _cluster.StartAsync();
        Engine.Inspected = inspection => inspection with { Restarts = 57 };
        _cluster.IsDeaf = isDeaf;
        var difference = Assert.Single(await CompareAsync(ReadinessProof.Greeting));
        Assert.Equal(("o2wn01", "cs7", "pisahpc-static-cs7", "Restarting", severity), Facts(difference));
        Assert.Contains("10 times or more", difference.Actual, StringComparison.Ordinal);
        Assert.Contains("Get-HpcContainerLog", difference.Remedy, StringComparison.Ordinal);
        _cluster.Now += 3600;
        Assert.DoesNotContain(await CompareAsync(ReadinessProof.Greeting), later => later.Kind == "Restarting");
    }

    [Fact]
    public async Task What_somebody_gave_it_beyond_any_declaration_is_told()
    {
        await _cluster.StartAsync();
        Engine.Inspected = inspection => inspection with
        {
            Further = [new("cpu-quota", "1000"), new("pid", "host"), new("volume", "v:/v")],
        };
        Assert.Equal(
            ["Option cpu-quota 1000", "Option pid host", "Mount volume v:/v"],
            (await CompareAsync()).Select(difference => $"{difference.Kind} {difference.Part} {difference.Actual}{difference.Wanted}"));
    }

    [Fact]
    public async Task What_is_declared_otherwise_since_is_told_part_by_part()
    {
        await _cluster.StartAsync();
        _cluster.Site = Declaring("port: 2201", "port: 2201, hostname: x, capabilities: [ SYS_PTRACE ], variables: { A: b }");
        var differences = await CompareAsync();
        Assert.Equal(
            [("hostname", "x"), ("env", "A=b"), ("capability", "SYS_PTRACE")],
            differences.Where(difference => difference.Actual.Length == 0).Select(difference => (difference.Part, difference.Wanted)));
        Assert.All(differences, difference => Assert.Equal(("Option", "Warning"), (difference.Kind, difference.Severity)));
    }

    [Fact]
    public async Task What_a_node_has_no_mount_for_is_told_beside_the_state_of_what_is_there_and_the_rest_is_compared()
    {
        var started = await _cluster.StartAsync();
        Engine.Exit(started.Id, 0);
        _cluster.Site = Declaring("port: 2201", "port: 2201, mounts: [ /gpfs ]");
        _cluster.Missing.Add("/gpfs");
        var differences = await CompareAsync();
        Assert.Equal(["NotPlanned", "NotRunning"], differences.Select(difference => difference.Kind));
        Assert.Contains("/gpfs", differences[0].Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_of_its_name_that_somebody_else_made_is_foreign()
    {
        await Engine.CreateAsync(
            new ContainerSpec { Name = "pisahpc-static-cs7", Image = "tiny", Command = ["sleep"], User = "0:0" }, CancellationToken.None);
        Assert.Equal(("o2wn01", "cs7", "pisahpc-static-cs7", "Foreign", "Error"), Facts(Assert.Single(await CompareAsync())));
    }

    [Fact]
    public async Task One_that_is_no_longer_declared_and_one_under_another_name_are_undeclared_and_jobs_are_none_of_it()
    {
        await Engine.CreateAsync(Labelled("pisahpc-static-old", ContainerLabels.Static, "old"), CancellationToken.None);
        await Engine.CreateAsync(Labelled("cs7-by-hand", ContainerLabels.Static, "cs7"), CancellationToken.None);
        await Engine.CreateAsync(Labelled("pisahpc-7", ContainerLabels.Job, "7"), CancellationToken.None);
        var containers = await Engine.ListAsync(new Dictionary<string, string?>(), CancellationToken.None);
        var found = EnvironmentComparison.UndeclaredOf("o2wn01", new HashSet<string> { "cs7" }, containers);
        Assert.Equal(
            [("o2wn01", "cs7", "cs7-by-hand", "Undeclared", "Warning"), ("o2wn01", "old", "pisahpc-static-old", "Undeclared", "Warning")],
            found.Select(Facts));
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_told_and_the_others_are_compared()
    {
        _cluster.Nodes.FailOn("o2wn02", FakeStep.List, new HpcException(ErrorId.EngineUnavailable, "away", "o2wn02"));
        var differences = await CompareAsync("o2wn01", "o2wn02");
        Assert.Equal("o2wn01", Assert.Single(differences).Node);
        Assert.Equal("o2wn02", Assert.Single(_cluster.Failures).Node);
    }

    [Theory]
    [InlineData(2, 0, "", "OK", 0, "o2wn[01-02]: 2 containers as declared")]
    [InlineData(2, 1, "", "UNKNOWN", 3, "o2wn03 unknown")]
    [InlineData(0, 0, "", "UNKNOWN", 3, "nothing is declared there")]
    [InlineData(2, 1, "Image", "WARNING", 1, "cs7 Image on o2wn[01-02]; o2wn03 unknown")]
    [InlineData(2, 0, "Missing", "CRITICAL", 2, "cs7 Missing on o2wn[01-02]")]
    public void A_summary_says_how_bad_it_is_and_where(int declared, int unknown, string kind, string status, int code, string words)
    {
        var differences = kind.Length == 0 ? [] : ((string[])["o2wn01", "o2wn02"]).Select(node => new HpcEnvironmentDifference
        {
            Node = node,
            Static = "cs7",
            Container = "pisahpc-static-cs7",
            Kind = kind,
            Wanted = "",
            Actual = "",
            Severity = kind == "Image" ? "Warning" : "Error",
            Remedy = "",
        }).ToList();
        var summary = HpcEnvironmentSummary.Of(["o2wn01", "o2wn02"], unknown == 0 ? [] : ["o2wn03"], declared, differences);
        Assert.Equal((status, code, declared - differences.Count), (summary.Status, summary.ExitCode, summary.Equal));
        Assert.StartsWith($"PISAHPC {status} - {words} | nodes=2 ", summary.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, "OK", "no static environments are declared")]
    [InlineData(1, 0, "UNKNOWN", "o2wn02 unknown")]
    [InlineData(0, 1, "WARNING", "old Undeclared on o2wn01")]
    public void A_site_without_static_environments_is_well_as_long_as_no_node_has_one(int unknown, int left, string status, string words)
    {
        var found = new HpcEnvironmentDifference
        {
            Node = "o2wn01",
            Static = "old",
            Container = "pisahpc-static-old",
            Kind = "Undeclared",
            Wanted = "none",
            Actual = "",
            Severity = "Warning",
            Remedy = "",
        };
        var summary = HpcEnvironmentSummary.Of(
            ["o2wn01"], unknown == 0 ? [] : ["o2wn02"], declared: 0, left == 0 ? [] : [found], declaresNone: true);
        Assert.StartsWith($"PISAHPC {status} - {words} | nodes=1 unknown={unknown} equal=0 ", summary.Text, StringComparison.Ordinal);
    }

    private static (string, string, string, string, string) Facts(HpcEnvironmentDifference difference) =>
        (difference.Node, difference.Static, difference.Container, difference.Kind, difference.Severity);

    private static HpcSite Declaring(string from, string to) =>
        new StaticCluster(StaticCluster.Declared.Replace(from, to, StringComparison.Ordinal)).Site;

    private static ContainerSpec Labelled(string name, string label, string value) => new()
    {
        Name = name,
        Image = "tiny",
        Command = ["sleep"],
        User = "0:0",
        Labels = new Dictionary<string, string> { [ContainerLabels.Schema] = "2", [label] = value },
    };

    private Task<IReadOnlyList<HpcEnvironmentDifference>> CompareAsync(ReadinessProof proof = ReadinessProof.WayIn) =>
        CompareAsync(proof, "o2wn01");

    private Task<IReadOnlyList<HpcEnvironmentDifference>> CompareAsync(params string[] nodes) =>
        CompareAsync(ReadinessProof.WayIn, nodes);

    private async Task<IReadOnlyList<HpcEnvironmentDifference>> CompareAsync(ReadinessProof proof, params string[] nodes)
    {
        var found = new List<HpcEnvironmentDifference>();
        var cluster = _cluster.Nodes.Cluster with { Failed = _cluster.Failures.Add };
        var planner = new StaticPlanner(cluster, _cluster.Site, "alice@head1");
        var survey = new EnvironmentSurvey(cluster, _cluster.Site, planner)
        {
            Proof = proof,
            ReadyLimit = TimeSpan.FromSeconds(1),
        };
        await survey.ReadAsync(
            nodes.ToDictionary(node => node, _ => (IReadOnlyList<StaticDefinition>)[_cluster.Site.StaticNamed("cs7")]),
            (state, _) =>
            {
                lock (found)
                {
                    found.AddRange(state.Differences());
                }

                return Task.CompletedTask;
            },
            default);
        return found;
    }
}
