using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Batch;

/// <summary>Get-HpcAllocation -JobId on the lab's Slurm: what the batch system says of a job from outside of it.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class AskedAllocationTests(LabFixture lab) : IDisposable
{
    private const string Told = """
        $owner, $nodes = $_.Owner, ($_.Nodes | ForEach-Object { "$_=$($_.Slots)/$($_.Cpus)" })
        "$($_.JobId) $($_.Scheduler) $($_.Queue) $owner $($owner.Uid) $($owner.Groups) $($owner.Home) $($owner.Shell) $nodes"
        """;

    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("--ntasks=56")]
    [InlineData("--nodes=2 --exclusive")]
    [InlineData("--nodes=2 --exclusive --ntasks=5")]
    [InlineData("--nodes=2 --ntasks=3 --cpus-per-task=4")]
    [InlineData("--nodelist=o2wn01 --ntasks=32 : --nodelist=o2wn02 --ntasks=4 --cpus-per-task=2")]
    public async Task It_is_what_the_jobs_own_environment_says(string options)
    {
        await using var job = await SlurmJob.SubmitAsync(lab, options.Split(' '));
        var inside = Inside(await job.EnvironmentAsync());
        Assert.Contains(" hpcuser ", inside, StringComparison.Ordinal);
        Assert.Equal(inside, Asked(job.Id));
    }

    [Fact]
    public async Task A_node_can_be_the_one_that_is_asked()
    {
        await using var job = await SlurmJob.SubmitAsync(lab, "--ntasks=56");
        Assert.Equal(Inside(await job.EnvironmentAsync()), Asked(job.Id, "-SubmitHost o2wn01"));
    }

    [Fact]
    public async Task A_name_that_looks_like_a_record_changes_nothing()
    {
        const string Forged = "x UserId=root(0) GroupId=root(0) MCS_label=N/A\n   UserId=root(0) GroupId=root(0)\n   NodeList=o2wn02";
        await using var job = await SlurmJob.SubmitAsync(
            lab, "--ntasks=2", "--nodelist=o2wn01", $"--job-name={Forged}", $"--comment={Forged}");
        var inside = Inside(await job.EnvironmentAsync());
        Assert.EndsWith(" o2wn01=2/2", inside, StringComparison.Ordinal);
        Assert.Equal(inside, Asked(job.Id));
    }

    [Fact]
    public async Task A_job_that_waits_says_why()
    {
        await using var job = await SlurmJob.SubmitAsync(lab, "--ntasks=2", "--hold");
        var error = _shell.Run("param($Id) Get-HpcAllocation -JobId $Id", new { job.Id }).Failed("AllocationNotFound");
        Assert.Contains("it is PENDING (JobHeldUser)", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-JobId 999999999", "JobNotFound")]
    [InlineData("-JobId 1 -Scheduler Pbs", "PlatformNotSupported")]
    [InlineData("-JobId 1 -Scheduler Lsf", "BatchSystemFailed")]
    [InlineData("-JobId '1 2'", "InvalidValue")]
    public void What_cannot_be_told_is_an_error(string parameters, string id) => _shell.Run($"Get-HpcAllocation {parameters}").Failed(id);

    [Fact]
    public async Task Containers_are_started_for_it_from_the_prompt_and_56_ranks_run()
    {
        await using var job = await SlurmJob.SubmitAsync(lab, "--ntasks=56");
        await job.EnvironmentAsync();
        var run = _shell.Run(
            """
            param($Id)
            $null = Get-HpcAllocation -JobId $Id | Start-HpcJob -Environment debian12
            try { Invoke-ContainerMpi -JobId $Id -Command /opt/pisahpc-lab/bin/mpi-hello-openmpi -TimeoutSec 90 -Quiet }
            finally { $null = Stop-HpcJob $Id }
            """,
            new { job.Id });
        dynamic result = run.Single();
        Assert.Equal(("Succeeded", 56), ((string)result.Outcome.ToString(), (int)result.Ranks));
        await job.DisposeAsync();
        await lab.AssertNothingLeftAsync(job.Id);
    }

    private string Asked(string id, string more = "") =>
        _shell.Run($"param($Id) Get-HpcAllocation -JobId $Id {more} | ForEach-Object {{ {Told} }}", new { Id = id }).Single().ToString();

    /// <summary>What the same cmdlet makes of the job's own variables.</summary>
    private string Inside(IReadOnlyDictionary<string, string> variables)
    {
        var ofSlurm = variables.Where(variable => variable.Key.StartsWith("SLURM_", StringComparison.Ordinal)).ToArray();
        try
        {
            Array.ForEach(ofSlurm, variable => Environment.SetEnvironmentVariable(variable.Key, variable.Value));
            return _shell.Run($"Get-HpcAllocation | ForEach-Object {{ {Told} }}").Single().ToString();
        }
        finally
        {
            Array.ForEach(ofSlurm, variable => Environment.SetEnvironmentVariable(variable.Key, null));
        }
    }
}
