using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Batch.HTCondor;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Batch.HTCondor;

/// <summary>What a node shows of HTCondor's jobs: the module's script runs in a real sh over records as the hooks write them.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HTCondorEvidenceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-starters").FullName;

    public HTCondorEvidenceTests()
    {
        Directory.CreateDirectory(Path.Combine(_directory, ".htcondor"));
        File.WriteAllText(Path.Combine(_directory, "settings"), $"site /etc/site.yaml\nrun {_directory}\ndeadline 20\n");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_job_runs_where_its_starter_lives_and_not_where_another_process_has_that_ones_id()
    {
        var pid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        Record($"{pid}.{Ticks()}", "state started\nturn 4711.5.sched01_lab hpcuser 4001\nreason \n");
        Record($"{pid}.{Ticks()}.over", "");
        Record($"{pid}.1", "state started\nturn 4712.0.sched01_lab hpcuser 4001\n");
        Record("4194305.77", "state started\nturn 4713.0.sched01_lab hpcuser 4001\n");
        Record("lock.4714.0.sched01_lab", "");
        Assert.Equal([new RunningJob("4711.5.sched01_lab")], await FindAsync("settings"));
    }

    [Fact]
    public async Task A_record_of_a_start_that_was_given_up_names_no_job()
    {
        Record($"{Environment.ProcessId}.{Ticks()}", "state failed\nturn \nreason turn 4711.5.sched01_lab hpcuser 4001\n");
        Assert.Empty(await FindAsync("settings"));
    }

    [Fact]
    public async Task A_node_without_the_hooks_shows_none() => Assert.Empty(await FindAsync("missing"));

    [Theory]
    [InlineData("1234.5.sched01_lab", true)]
    [InlineData("1.0.sched01.pisa.it", true)]
    [InlineData("1234.5", false)]
    [InlineData("1234", false)]
    [InlineData("1234[5]", false)]
    [InlineData("20_7", false)]
    [InlineData("01234.5.sched01", false)]
    [InlineData("1234.05.sched01", false)]
    public void Its_own_ids_are_told_from_others(string jobId, bool isIts) =>
        Assert.Equal(isIts, BatchSystems.EvidenceOf(Scheduler.HTCondor).IsJobId(jobId));

    private Task<IReadOnlyList<RunningJob>> FindAsync(string settings) =>
        new HTCondorEvidence(Path.Combine(_directory, settings)).FindRunningAsync(new LocalShell("o2wn01"), CancellationToken.None);

    private void Record(string name, string text) => File.WriteAllText(Path.Combine(_directory, ".htcondor", name), text);

    /// <summary>When this process began (proc(5)): the 20th field behind the name.</summary>
    private static string Ticks() => File.ReadAllText($"/proc/{Environment.ProcessId}/stat").Split(") ")[^1].Split(' ')[19];
}
