using PisaHpc.Batch;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>What hooks have written down on a node, by the node's own script.</summary>
public sealed class HookRecordTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-hook-records-");
    private readonly LocalShell _node = new("o2wn01");

    private string Run => Path.Combine(_directory.FullName, "run");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Where_there_is_no_run_directory_there_are_none() => Assert.Empty(await ListAsync());

    [Fact]
    public async Task Records_of_runs_are_listed_and_nothing_beside_them()
    {
        Write(".slurm/42.0", ".slurm/42.0.why", ".slurm/faults", ".slurm/42.0.new", ".lsf/7.5", ".lsf/7.5.pid", "42/slurm_script.0");
        Assert.Equal([".lsf/7.5", ".slurm/42.0"], (await ListAsync()).Select(record => record.Name).Order());
    }

    [Fact]
    public async Task Those_that_were_looked_at_go_with_what_lies_beside_and_one_that_was_written_anew_stays()
    {
        Write(".slurm/42.0", ".slurm/42.0.why", ".slurm/42.1", ".lsf/7.0", ".lsf/7.0.pid", ".slurm/43.0");
        var records = await ListAsync();
        File.WriteAllText(Path.Combine(Run, "new"), "");
        File.Move(Path.Combine(Run, "new"), Path.Combine(Run, ".slurm/42.1"), overwrite: true);
        await HookRecord.RemoveAsync(_node, Run, records.Where(record => record.Name is not ".slurm/43.0"), CancellationToken.None);
        Assert.Equal([".slurm/42.1", ".slurm/43.0"], (await ListAsync()).Select(record => record.Name).Order());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Run, ".lsf")));
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(Run, ".slurm")).Count());
    }

    [Theory]
    [InlineData(".slurm/42.0", Scheduler.Slurm, "42", true)]
    [InlineData(".slurm/42.10", Scheduler.Slurm, "42", true)]
    [InlineData(".slurm/42.0", Scheduler.Slurm, "2", false)]
    [InlineData(".slurm/42.0", Scheduler.Lsf, "42", false)]
    [InlineData(".lsf/42.0", Scheduler.Slurm, "42", false)]
    [InlineData(".lsf/42.0", Scheduler.Lsf, "42", true)]
    [InlineData(".lsf/42.5", Scheduler.Lsf, "42[5]", true)]
    [InlineData(".lsf/42.5", Scheduler.Lsf, "42", false)]
    [InlineData(".lsf/42.0", Scheduler.Lsf, "42[5]", false)]
    public void One_is_of_the_job_that_it_is_named_for(string name, Scheduler system, string jobId, bool isOf) =>
        Assert.Equal(isOf, new HookRecord(name, "1-1").IsOf(system, [jobId]));

    private Task<IReadOnlyList<HookRecord>> ListAsync() => HookRecord.ListAsync(_node, Run, CancellationToken.None);

    private void Write(params string[] names)
    {
        foreach (var path in names.Select(name => Path.Combine(Run, name)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "state started\n");
        }
    }
}
