using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>Whose jobs are judged: those of the cluster that answers, and of no other; and what cannot be told is left and named.</summary>
public sealed class OrphanIdentityTests : IDisposable
{
    private readonly OrphanCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_job_of_another_cluster_is_left_and_named_though_this_one_does_not_know_it()
    {
        _cluster.Granting = "other";
        await _cluster.StartAsync();
        await LeftAsync("job 42 is of cluster other, not of lab");
        Assert.Empty((await _cluster.FindNamedAsync("42")).Orphans);
    }

    [Fact]
    public async Task One_that_names_no_cluster_is_left_where_jobs_of_several_are()
    {
        _cluster.Granting = null;
        await _cluster.StartAsync("42", nodes: "o2wn01");
        Assert.Single((await _cluster.FindAsync()).Orphans);

        _cluster.Granting = "other";
        await _cluster.StartAsync("43", nodes: "o2wn02");
        await LeftAsync("job 42 names no cluster, where jobs of several were found", "job 43 is of cluster other, not of lab");
    }

    [Fact]
    public async Task Where_the_answer_names_no_cluster_a_job_of_one_is_left()
    {
        _cluster.Name = null;
        await _cluster.StartAsync();
        await LeftAsync("job 42 is of cluster lab, not of one without a name");
    }

    [Fact]
    public async Task A_job_of_which_the_batch_system_was_not_asked_is_left_and_named_and_what_runs_of_it_says_nothing_of_others()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        await _cluster.StartAsync("43", nodes: "o2wn02");
        _cluster.OnAsk = () => Task.FromResult(new JobCensus(OrphanCluster.Now, _ => null) { Cluster = "lab", IsAbout = id => id == "42" });
        _cluster.Evidence = new ShownJobs("o2wn03", new RunningJob("43", "lab"));
        var findings = await _cluster.FindAsync();
        Assert.Equal("42", Assert.Single(findings.Orphans).Orphan.JobId);
        Assert.Equal("job 43 is of a scheduler of Slurm's that was not asked", Assert.Single(findings.Left).ToString());
    }

    [Fact]
    public async Task A_lease_alone_tells_the_cluster_too()
    {
        _cluster.Jobs.Ports.Area.Lease(Ports.TestArea.Request("42") with { Scheduler = Scheduler.Slurm, Nodes = "o2wn01*8", Cluster = "other" });
        await LeftAsync("job 42 is of cluster other, not of lab");
    }

    [Theory]
    [InlineData("other")]
    [InlineData("LAB")]
    public async Task Where_a_node_runs_a_job_of_another_cluster_the_answer_counts_for_nothing_though_it_knows_the_id(string name)
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        _cluster.Known["4711"] = OrphanCluster.Lives();
        _cluster.Evidence = new ShownJobs("o2wn03", new RunningJob("4711", name));
        var failure = await Assert.ThrowsAsync<HpcException>(() => _cluster.FindAsync());
        Assert.Equal((ErrorId.BatchSystemFailed, "o2wn03"), (failure.Id, failure.Target));
        Assert.Contains($"job 4711 of cluster {name}, and Slurm lab answers", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Any user could keep a sweep from all jobs of the site, with one process that he leaves.</summary>
    [Theory]
    [InlineData("lab", "o2wn03 has processes of job 4711, which Slurm lab does not know, and none of Slurm's own is among them")]
    [InlineData("other", "o2wn03 has processes of job 4711 of cluster other, and Slurm lab answers, and none of Slurm's own is among them")]
    public async Task A_process_that_was_left_keeps_its_own_job_and_no_other_and_that_is_a_warning(string name, string words)
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        await _cluster.StartAsync("4711", nodes: ["o2wn02", "o2wn03"]);
        _cluster.Evidence = new ShownJobs("o2wn03", new RunningJob("4711", name, IsCertain: false));
        var findings = await _cluster.FindAsync();
        Assert.Equal("42", Assert.Single(findings.Orphans).Orphan.JobId);
        Assert.Equal("job 4711 runs on o2wn03, though Slurm does not know it", Assert.Single(findings.Left).ToString());
        Assert.StartsWith(words, Assert.Single(findings.Warnings(isByName: false)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_any_node_runs_what_the_answer_does_not_know_it_is_about_other_jobs_and_everything_is_left()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        _cluster.Jobs.Running.Add("4711@o2wn03");
        var failure = await Assert.ThrowsAsync<HpcException>(() => _cluster.FindAsync());
        Assert.Equal((ErrorId.BatchSystemFailed, "o2wn03"), (failure.Id, failure.Target));
        Assert.Contains("o2wn03 runs something of job 4711, which Slurm lab does not know", failure.Message, StringComparison.Ordinal);

        _cluster.Known["4711"] = OrphanCluster.Lives("RUNNING", "o2wn03");
        Assert.Equal("42", Assert.Single((await _cluster.FindAsync()).Orphans).Orphan.JobId);
    }

    [Fact]
    public async Task A_component_that_runs_is_its_whole_job_that_runs()
    {
        await _cluster.StartAsync("30");
        _cluster.Jobs.Running.Add("31@o2wn02");
        _cluster.Known["30"] = OrphanCluster.EndedSince(3600) with { RunsAs = ["30", "31"] };
        _cluster.Known["31"] = _cluster.Known["30"];
        Assert.Contains("runs on o2wn02", Assert.Single((await _cluster.FindAsync()).Left).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mine", Scheduler.Manual, "job mine is no batch system's")]
    [InlineData("42", Scheduler.Manual, "job 42 is no batch system's")]
    [InlineData("42", Scheduler.Lsf, "job 42 is a job of Lsf, not of Slurm")]
    public async Task A_job_that_the_sites_batch_system_did_not_grant_is_left_and_named(string jobId, Scheduler system, string words)
    {
        await _cluster.StartAsync(jobId, system);
        await LeftAsync(words + ", and a container of it runs");
        _cluster.EndContainers("o2wn01", "o2wn02");
        await LeftAsync(words);
        Assert.Equal(0, _cluster.Questions);
    }

    [Fact]
    public async Task It_goes_where_it_is_named_and_none_of_it_runs()
    {
        await _cluster.StartAsync("mine", Scheduler.Manual);
        Assert.Empty((await _cluster.FindNamedAsync("mine")).Orphans);
        _cluster.EndContainers("o2wn01");
        Assert.Empty((await _cluster.FindNamedAsync("mine")).Orphans);
        _cluster.EndContainers("o2wn02");
        Assert.Empty((await _cluster.FindAsync(search => search with { JobIds = new HashSet<string> { "mine" } })).Orphans);
        var orphan = Assert.Single((await _cluster.FindNamedAsync("mine")).Orphans).Orphan;
        Assert.Equal(("mine", "Named", 0), (orphan.JobId, orphan.Reason, _cluster.Questions));
    }

    [Fact]
    public async Task Two_jobs_of_one_id_are_no_orphan_of_either_system()
    {
        await _cluster.StartAsync("42", Scheduler.Manual, "o2wn01");
        var byHand = _cluster.Jobs.Nodes.EngineOf("o2wn01").Containers[0];
        await _cluster.Jobs.Stopper.StopAsync(new PisaHpc.Jobs.JobStopRequest
        {
            Job = (await _cluster.Jobs.Finder.FindAsync(null, ["o2wn01"], CancellationToken.None)).Single(),
            RunDirectory = "/run/pisahpc",
        }, _ => { }, CancellationToken.None);
        await _cluster.StartAsync("42", Scheduler.Slurm, "o2wn02");
        _cluster.Jobs.Nodes.EngineOf("o2wn01").Add(byHand with { State = ContainerState.Exited });
        _cluster.EndContainers("o2wn02");
        Assert.Empty((await _cluster.FindNamedAsync("42")).Orphans);
        await LeftAsync("job 42 has one id with another: it is a job of Manual and of Slurm");
    }

    [Fact]
    public async Task What_is_not_known_is_left_while_a_node_of_it_does_not_say_what_runs_there()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Nodes.FailOn("o2wn02", FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "it is down", "o2wn02"));
        Assert.Contains("does not say whether it runs there", Assert.Single((await _cluster.FindAsync()).Left).Why, StringComparison.Ordinal);
        _cluster.Known["42"] = OrphanCluster.EndedSince(3600);
        Assert.Single((await _cluster.FindAsync()).Orphans);
    }

    [Theory]
    [InlineData(119, false)]
    [InlineData(180, true)]
    public async Task What_is_not_known_is_one_when_it_is_not_just_made(int seconds, bool isOrphan)
    {
        await _cluster.StartAsync();
        var made = DateTimeOffset.UtcNow;
        _cluster.OnAsk = () => Task.FromResult(_cluster.Census(made.AddSeconds(seconds)));
        Assert.Equal(isOrphan, (await _cluster.FindAsync()).Orphans.Count == 1);
    }

    [Fact]
    public async Task A_node_that_is_only_silent_and_that_no_job_names_is_no_failure()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        _cluster.Jobs.Nodes.FailOn("o2wn03", FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "it is off", "o2wn03"));
        _cluster.Jobs.Nodes.FailOn("o2wn02", FakeStep.Connect, new HpcException(ErrorId.HostKeyChanged, "it is another", "o2wn02"));
        Assert.Equal(["o2wn03"], (await _cluster.FindAsync()).Asleep);
        Assert.Equal(["o2wn02"], _cluster.Failed);
    }

    [Fact]
    public async Task Jobs_with_a_node_that_failed_are_the_last()
    {
        await _cluster.StartAsync("41", nodes: "o2wn01");
        await _cluster.StartAsync("42", nodes: "o2wn02");
        _cluster.Known["41"] = OrphanCluster.EndedSince(3600);
        _cluster.Jobs.Nodes.FailOn("o2wn01", FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "it is down", "o2wn01"));
        Assert.Equal(["42", "41"], (await _cluster.FindAsync()).Orphans.Select(found => found.Orphan.JobId));
    }

    [Fact]
    public async Task On_some_nodes_a_job_has_its_lease_though_that_names_others()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01.cluster");
        var engine = _cluster.Jobs.Nodes.EngineOf("o2wn01.cluster");
        _cluster.Jobs.Nodes.EngineOf("o2wn01").Add(engine.Containers[0]);
        var findings = await _cluster.FindAsync(search => search with { Nodes = ["o2wn01"], IsWholeSite = false });
        Assert.NotEqual(0, Assert.Single(findings.Orphans).Orphan.Port);
        Assert.Equal("Removed", Assert.Single(await _cluster.RemoveAsync(findings))!.State);
    }

    [Fact]
    public async Task One_that_was_named_and_stays_is_told_with_why_and_so_is_one_that_is_not_there()
    {
        await _cluster.StartAsync();
        _cluster.Known["42"] = OrphanCluster.Lives();
        Assert.Equal(
            ["left as it is: job 42 is RUNNING", "left as it is: job 43 was not found: nothing of it is there"],
            (await _cluster.FindNamedAsync("42", "43")).Warnings(isByName: true));
        Assert.Empty((await _cluster.FindAsync()).Warnings(isByName: false));
    }

    private async Task LeftAsync(params string[] words)
    {
        var findings = await _cluster.FindAsync();
        Assert.Empty(findings.Orphans);
        Assert.Equal(words, findings.Left.Select(left => left.ToString()));
        Assert.All(findings.Left, left => Assert.True(left.IsUnjudged));
    }
}
