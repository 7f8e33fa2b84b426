using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>What is an orphan, and what is none.</summary>
public sealed class OrphanFinderTests : IDisposable
{
    private readonly OrphanCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_job_that_the_batch_system_does_not_know_is_one_with_all_that_is_left_of_it()
    {
        await _cluster.StartAsync();
        var orphan = Assert.Single((await _cluster.FindAsync()).Orphans).Orphan;
        Assert.Equal(("42", "Found", "Unknown", "Slurm does not know it", "hpcuser", false), (
            orphan.JobId, orphan.State, orphan.Reason, orphan.Evidence, orphan.Owner, orphan.Changed));
        Assert.Equal(_cluster.Jobs.Ports.Area.Find("42")!.Port, orphan.Port);
        Assert.Equal(["o2wn01", "o2wn02"], orphan.Nodes.Select(node => node.Name));
        Assert.All(orphan.Nodes, node => Assert.Equal("/run/pisahpc/42", node.Directory));
        Assert.All(orphan.Nodes, node => Assert.StartsWith("pisahpc-42-", node.Containers, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(120, true)]
    [InlineData(119, false)]
    [InlineData(-5, false)]
    public async Task A_job_that_ended_is_one_after_a_while(int seconds, bool isOrphan)
    {
        await _cluster.StartAsync();
        _cluster.Known["42"] = OrphanCluster.EndedSince(seconds, "TIMEOUT");
        var findings = await _cluster.FindAsync();
        if (isOrphan)
        {
            var orphan = Assert.Single(findings.Orphans).Orphan;
            Assert.Equal(("Ended", "Slurm: TIMEOUT since 2126-11-29T07:58:00Z"), (orphan.Reason, orphan.Evidence));
        }
        else
        {
            Assert.Empty(findings.Orphans);
            Assert.Contains("which is not long enough", Assert.Single(findings.Left).Why, StringComparison.Ordinal);
        }
    }

    /// <summary>An end that is told in another zone would let go what has just begun.</summary>
    [Fact]
    public async Task What_was_made_a_moment_ago_stays_whatever_end_is_told()
    {
        await _cluster.StartAsync();
        var now = _cluster.Jobs.Nodes.EngineOf("o2wn01").Containers.Max(container => container.CreatedAt).AddSeconds(60);
        _cluster.Known["42"] = OrphanCluster.Lives("DONE") with { Outcome = BatchOutcome.Completed, EndedAt = now.AddHours(-1) };
        _cluster.OnAsk = () => Task.FromResult(_cluster.Census(now));
        var findings = await _cluster.FindAsync();
        Assert.Empty(findings.Orphans);
        Assert.EndsWith("and what is there of it was made just now", Assert.Single(findings.Left).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_long_that_is_can_be_said()
    {
        await _cluster.StartAsync();
        _cluster.Known["42"] = OrphanCluster.EndedSince(0);
        Assert.Empty((await _cluster.FindAsync()).Orphans);
        Assert.Single((await _cluster.FindAsync(search => search with { EndedFor = TimeSpan.Zero })).Orphans);
    }

    [Theory]
    [InlineData("PENDING")]
    [InlineData("RUNNING")]
    [InlineData("COMPLETING")]
    [InlineData("SUSPENDED")]
    [InlineData("REQUEUED")]
    [InlineData("HIBERNATING")]
    public async Task A_job_that_lives_is_none(string state)
    {
        await _cluster.StartAsync();
        _cluster.Known["42"] = OrphanCluster.Lives(state);
        var findings = await _cluster.FindAsync();
        Assert.Empty(findings.Orphans);
        Assert.Equal($"job 42 is {state}", Assert.Single(findings.Left).ToString());
    }

    [Fact]
    public async Task A_job_that_runs_wherever_something_of_it_is_needs_no_batch_system()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Running.UnionWith(["42@o2wn01", "42@o2wn02"]);
        _cluster.OnAsk = () => throw new HpcException(ErrorId.BatchSystemFailed, "it is away");
        var findings = await _cluster.FindAsync();
        Assert.Empty(findings.Orphans);
        Assert.Equal("job 42 runs, as its nodes say", Assert.Single(findings.Left).ToString());
        Assert.Equal(0, _cluster.Questions);
    }

    [Fact]
    public async Task A_job_that_runs_on_one_of_its_nodes_is_none_whatever_the_batch_system_says()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Running.Add("42@o2wn02");
        _cluster.Known["42"] = OrphanCluster.EndedSince(3600);
        Assert.Empty((await _cluster.FindAsync()).Orphans);
    }

    [Fact]
    public async Task The_batch_system_is_asked_once_for_all_of_them_and_after_the_nodes()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        await _cluster.StartAsync("43", nodes: "o2wn02");
        var lists = 0;
        _cluster.OnAsk = () =>
        {
            lists = _cluster.Jobs.Nodes.Calls.Count(call => call is { Step: FakeStep.List });
            return Task.FromResult(_cluster.Census(OrphanCluster.Now));
        };
        var before = _cluster.Jobs.Nodes.Calls.Count(call => call is { Step: FakeStep.List });
        Assert.Equal(["42", "43"], (await _cluster.FindAsync()).Orphans.Select(found => found.Orphan.JobId));
        Assert.Equal((1, before + 3), (_cluster.Questions, lists));
    }

    [Fact]
    public async Task Where_nothing_is_in_question_nobody_is_asked()
    {
        Assert.Empty((await _cluster.FindAsync()).Orphans);
        Assert.Equal(0, _cluster.Questions);
    }

    [Theory]
    [InlineData(ErrorId.BatchSystemFailed)]
    [InlineData(ErrorId.NodeCommandFailed)]
    [InlineData(ErrorId.NodeUnreachable)]
    public async Task Without_an_answer_everything_is_left_and_that_is_one_error(ErrorId cause)
    {
        await _cluster.StartAsync();
        await _cluster.StartAsync("mine", Scheduler.Manual);
        _cluster.OnAsk = () => throw new HpcException(cause, "it is away", "login1", "Look at it.");
        var failure = await Assert.ThrowsAsync<HpcException>(() => _cluster.FindNamedAsync("42", "mine"));
        Assert.Equal((ErrorId.BatchSystemFailed, "login1", "Look at it."), (failure.Id, failure.Target, failure.RecommendedAction));
        Assert.Equal("Slurm did not say which of 1 job live, and all of them were left as they are: it is away", failure.Message);
    }

    [Fact]
    public async Task A_job_that_is_being_started_is_none()
    {
        await _cluster.StartAsync();
        using var hold = _cluster.Jobs.Ports.Area.Hold("42", TimeSpan.Zero, CancellationToken.None);
        var findings = await _cluster.FindAsync();
        Assert.Empty(findings.Orphans);
        Assert.Equal("job 42 is being started or stopped", Assert.Single(findings.Left).ToString());
        Assert.Equal(0, _cluster.Questions);
    }

    [Fact]
    public async Task Static_environments_and_what_others_made_are_none()
    {
        var engine = _cluster.Jobs.Nodes.EngineOf("o2wn01");
        engine.Add(Container("static", (ContainerLabels.Schema, "2"), (ContainerLabels.Static, "cs7")));
        engine.Add(Container("foreign", ("com.example.job", "42")));
        engine.Add(Container("forged", (ContainerLabels.Job, "../../etc")));
        var findings = await _cluster.FindAsync();
        Assert.Empty(findings.Orphans);
        Assert.Empty(findings.Left);
        Assert.Equal(0, _cluster.Questions);
    }

    [Fact]
    public async Task A_lease_alone_is_one_and_a_scripts_bare_link_is_none()
    {
        _cluster.Jobs.Ports.Area.Lease(TestArea.Request("42") with { Scheduler = Scheduler.Slurm, Nodes = "o2wn01*32" });
        _cluster.Jobs.Ports.LinkAsOldScript(40004, "43");
        var orphan = Assert.Single((await _cluster.FindAsync()).Orphans).Orphan;
        Assert.Equal(("42", new OrphanNode("o2wn01", "", null)), (orphan.JobId, Assert.Single(orphan.Nodes)));
    }

    [Fact]
    public async Task A_directory_alone_is_one_where_its_name_is_an_id_of_the_batch_system()
    {
        _cluster.Jobs.AddDirectory("o2wn02", "42");
        _cluster.Jobs.AddDirectory("o2wn02", "cs7");
        var orphan = Assert.Single((await _cluster.FindAsync()).Orphans).Orphan;
        Assert.Equal(("42", new OrphanNode("o2wn02", "", "/run/pisahpc/42")), (orphan.JobId, Assert.Single(orphan.Nodes)));
    }

    [Fact]
    public async Task What_an_earlier_run_left_where_the_job_is_no_longer_is_one_there_alone()
    {
        await _cluster.StartAsync();
        await _cluster.StartAsync("42", nodes: "o2wn03");
        _cluster.Known["42"] = OrphanCluster.Lives("RUNNING", "o2wn03");
        _cluster.Jobs.Running.Add("42@o2wn03");
        var orphan = Assert.Single((await _cluster.FindAsync()).Orphans).Orphan;
        Assert.Equal(("OtherNodes", "Slurm: RUNNING on o2wn03", 0), (orphan.Reason, orphan.Evidence, orphan.Port));
        Assert.Equal(["o2wn01", "o2wn02"], orphan.Nodes.Select(node => node.Name));
    }

    [Theory]
    [InlineData("RUNNING", "o2wn03", "42@o2wn01 42@o2wn02")]
    [InlineData("RUNNING", "node-of-another-name", "")]
    [InlineData("RUNNING", "o2wn03 node-of-another-name", "")]
    [InlineData("PENDING", "", "")]
    [InlineData("RUNNING", "o2wn01 o2wn02.cluster", "")]
    public async Task Only_where_it_is_certain_that_the_job_is_not_there(string state, string nodes, string running)
    {
        await _cluster.StartAsync();
        _cluster.Known["42"] = OrphanCluster.Lives(state, nodes.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        _cluster.Jobs.Running.UnionWith(running.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty((await _cluster.FindAsync()).Orphans);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_and_that_a_job_names_is_a_failure_of_its_own_and_the_others_are_swept()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        await _cluster.StartAsync("43", nodes: "o2wn03");
        _cluster.Jobs.Nodes.FailOn("o2wn03", FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "it is down", "o2wn03"));
        Assert.Single((await _cluster.FindAsync()).Orphans);
        Assert.Equal(["o2wn03"], _cluster.Failed);
    }

    [Fact]
    public async Task Keys_are_found_though_the_engine_be_down()
    {
        _cluster.Jobs.AddDirectory("o2wn01", "42");
        _cluster.Jobs.Nodes.FailOn("o2wn01", FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "it is down", "o2wn01"));
        Assert.Single((await _cluster.FindAsync()).Orphans);
        Assert.Equal(["o2wn01"], _cluster.Failed);
    }

    [Fact]
    public async Task Nodes_that_only_a_job_of_them_names_are_asked_too()
    {
        await _cluster.StartAsync("42", nodes: ["o2wn01", "o2wn09"]);
        _cluster.Jobs.Ports.Area.Release("42");
        _cluster.Jobs.Running.Add("42@o2wn09");
        _cluster.Known["42"] = OrphanCluster.Lives();
        Assert.Empty((await _cluster.FindAsync()).Orphans);
    }

    [Fact]
    public async Task On_some_nodes_alone_leases_of_others_do_not_count()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        await _cluster.StartAsync("43", nodes: "o2wn02");
        var findings = await _cluster.FindAsync(search => search with { Nodes = ["o2wn02"], IsWholeSite = false });
        Assert.Equal("43", Assert.Single(findings.Orphans).Orphan.JobId);
    }

    private static EngineContainer Container(string name, params (string Name, string Value)[] labels) => new()
    {
        Id = name,
        Name = name,
        Image = "tiny",
        State = ContainerState.Running,
        CreatedAt = OrphanCluster.Now,
        Labels = labels.ToDictionary(label => label.Name, label => label.Value),
    };
}
