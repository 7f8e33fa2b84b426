using PisaHpc.Integration.Environments;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Audit;

/// <summary>Containers on real engines as the audit sees them: a job's, a static environment's, and one that somebody started by hand.</summary>
[Collection(LabTests.Name)]
public sealed class TestHpcContainerTests(LabFixture lab) : IDisposable
{
    private const string Image = "registry.lab:5000/pisa/tiny:1";

    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_job_s_containers_have_what_belongs_to_them_and_nothing_that_gives_the_node_away()
    {
        await using var job = new LabJob(_shell, lab, "audit");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();

        var found = Words(job.Run("Test-HpcContainer -JobId $JobId"));
        string[] expected =
        [
            "ControlGroup Notice", "MemoryLimit Notice", "OpenPorts Notice", "PidsLimit Notice", "SensitivePaths Warning",
            "WritablePaths Notice",
        ];
        Assert.Equal(expected.SelectMany(words => new[] { $"o2wn01 {words}", $"o2wn02 {words}" }).Order(StringComparer.Ordinal), found);
        Assert.Equal(found, Words(job.Run("Get-HpcContainer -JobId $JobId | Test-HpcContainer")));

        dynamic summary = job.Run("Test-HpcContainer -JobId $JobId -Check Privileged, Capabilities -Summary").Single();
        Assert.Equal(("OK", 0, 2, 2), ((string)summary.Status, (int)summary.ExitCode, (int)summary.Nodes, (int)summary.Audited));
        job.Run("Test-HpcContainer o2wn01 -JobId nobody-s").Failed("JobNotFound");
        Assert.Equal(["HostKeys", "HostNamespaces", "HostRoot"], _shell.Complete("Test-HpcContainer -Check Host").Select(item => item.CompletionText).Order());
    }

    [Fact]
    public async Task What_somebody_started_by_hand_is_found_where_it_is_asked_for_and_no_secret_is_told()
    {
        var (node, name) = (lab.Nodes[0], LabFixture.NewJobId("audit-foreign"));
        try
        {
            (await node.DockerAsync(
                "run", "--detach", "--pid", "host", "--volume", "/run/docker.sock:/run/docker.sock", "--volume", "/:/host:ro",
                "--env", "DB_PASSWORD=hunter2", "--name", name, Image, "sleep", "600")).EndedWith(0);

            Assert.DoesNotContain(_shell.Run("Test-HpcContainer o2wn01").Succeeded().Objects, item => (string)((dynamic)item).Name == name);
            var run = _shell.Run(
                "param($Name) Test-HpcContainer o2wn01 -IncludeForeign -FailOn Error -Verbose | Where-Object Name -EQ $Name | ForEach-Object { "
                + "'{0} {1}' -f $_.Check, $_.Severity; $_.PSObject.Properties.Value -join '|' }", new { Name = name });
            var text = run.Objects.Select(item => item.ToString()!).ToList();
            string[] expected = ["EngineSocket Error", "HostRoot Error", "HostNamespaces Error", "RootUser Warning", "Secrets Warning"];
            Assert.Empty(expected.Except(text));
            Assert.All(run.ErrorIds, id => Assert.Equal("ContainerCheckFailed", id));
            Assert.Contains(run.Errors, error => error.Exception.Message.StartsWith($"{name} on o2wn01 is not in order", StringComparison.Ordinal));
            Assert.DoesNotContain(
                text.Concat(run.Errors.Select(error => error.ToString())), line => line.Contains("hunter2", StringComparison.Ordinal));
        }
        finally
        {
            (await node.DockerAsync("rm", "--force", name)).EndedWith(0);
        }
    }

    /// <summary>The engines of the lab may not start a privileged one, and make it.</summary>
    [Fact]
    public async Task A_privileged_container_with_the_engine_s_socket_that_bears_a_job_s_label()
    {
        var (node, id) = (lab.Nodes[0], LabFixture.NewJobId("audit-hand"));
        try
        {
            (await node.DockerAsync(
                "create", "--privileged", "--volume", "/var/run:/host/run", "--publish", "22", "--label", "pisahpc.schema=2", "--label",
                $"pisahpc.job={id}", "--name", id, Image, "sleep", "600")).EndedWith(0);
            var found = Words(_shell.Run("param($Id) Get-HpcContainer o2wn01 -JobId $Id | Test-HpcContainer", new { Id = id }));
            string[] expected = ["Privileged Error", "EngineSocket Error", "SensitivePaths Error", "RootUser Warning", "OpenPorts Warning"];
            Assert.Empty(expected.Select(words => $"o2wn01 {words}").Except(found));
            dynamic summary = _shell.Run(
                "param($Id) Get-HpcContainer o2wn01 -JobId $Id | Test-HpcContainer -Check Privileged -Summary", new { Id = id }).Single();
            Assert.Equal(("CRITICAL", 2), ((string)summary.Status, (int)summary.ExitCode));
        }
        finally
        {
            (await node.DockerAsync("rm", "--force", id)).EndedWith(0);
        }
    }

    [Fact]
    public async Task A_static_environment_is_audited_as_it_is_described_planned_and_run_and_a_waiver_is_for_all_three()
    {
        await using var site = await StaticLab.OfAsync(_shell, lab);
        await site.ChangeAsync(
            "staticDirectory:", $"waivers: [ {{ check: Seccomp, static: {site.First}, reason: an MPI of old }} ]\nstaticDirectory:");
        site.Run("Start-HpcContainer -Static $First -Node o2wn01 -Site $Site").Succeeded();

        const string Chosen = "-Check Capabilities, Seccomp, RootUser, SensitivePaths -Site $Site";
        var described = site.Run($"Test-HpcContainer -Definition {Chosen} | Where-Object Name -EQ $First");
        var planned = site.Run($"New-HpcContainerPlan -Static $First -Node o2wn01 -Site $Site | Test-HpcContainer {Chosen}");
        var running = site.Run($"Test-HpcContainer -Static $First -Node o2wn01 {Chosen}");
        foreach (var run in (RunResult[])[described, planned, running])
        {
            var found = run.Succeeded().Objects.Select(item => (dynamic)item)
                .Select(item => $"{item.Check} {item.Severity} {item.Status} {item.Reason}".TrimEnd()).Order(StringComparer.Ordinal);
            Assert.Equal(
                ["Capabilities Error Open", "RootUser Notice Open", "Seccomp Warning Waived an MPI of old", "SensitivePaths Warning Open"], found);
        }
    }

    private static string[] Words(RunResult run) =>
    [
        .. run.Succeeded().Objects.Select(item => (dynamic)item).Select(item => (string)$"{item.Node} {item.Check} {item.Severity}")
            .Order(StringComparer.Ordinal),
    ];
}
