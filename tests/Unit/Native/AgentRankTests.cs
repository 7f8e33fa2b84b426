using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>A rank that srun starts gets into the container with all by which MPI finds the others, or not at all.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentRankTests : IAsyncLifetime
{
    private const string Pmix = "PMIX_NAMESPACE=slurm.pmix.7.0 PMIX_RANK=1 PMIX_SERVER_URI41=pmix-server.9;tcp4://127.0.0.1:1025";
    private const string Pmi2 = "PMI_FD=11 PMI_RANK=1 PMI_SIZE=56 PMI_JOBID=7.0";
    private const string Step = "SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_PROCID=1 SLURM_NTASKS=56";

    private ServedAgent _agent = null!;

    public async Task InitializeAsync() => _agent = await ServedAgent.StartAsync();

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Theory]
    [InlineData($"{Step} SLURM_MPI_TYPE=pmix {Pmix}")]
    [InlineData($"{Step} SLURM_MPI_TYPE=pmix_v4 {Pmix}")]
    [InlineData($"{Step} SLURM_MPI_TYPE=pmi2 {Pmi2}")]
    [InlineData($"{Step} SLURM_MPI_TYPE=none")]
    [InlineData(Step)]
    [InlineData("SLURM_JOB_ID=7 SLURM_PROCID=0 SLURM_MPI_TYPE=pmix")] // a batch script
    [InlineData("SLURM_JOB_ID=7 SLURM_STEP_ID=4294967290 SLURM_MPI_TYPE=pmix")] // salloc's shell
    [InlineData($"{Step} SLURM_HET_SIZE=2 SLURM_MPI_TYPE=pmi2 PMI_FD=11 PMI_RANK=1 PMI_SIZE=88")]
    public async Task A_task_with_all_of_its_variables_and_one_that_is_no_rank_run(string variables) =>
        Assert.Equal("here\n", (await RunAsync(variables)).EndedWith(0).Output);

    [Theory]
    [InlineData("PMIX_NAMESPACE is not set", $"{Step} SLURM_MPI_TYPE=pmix")]
    [InlineData("PMIX_RANK is not set", $"{Step} SLURM_MPI_TYPE=pmix_v4 PMIX_NAMESPACE=slurm.pmix.7.0 PMIX_SERVER_URI2=x")]
    [InlineData("PMIX_SERVER_URI is not set", $"{Step} SLURM_MPI_TYPE=pmix PMIX_NAMESPACE=slurm.pmix.7.0 PMIX_RANK=1")]
    [InlineData("SLURM_STEP_ID is not set", $"SLURM_STEPID=0 SLURM_JOB_ID=7 SLURM_PROCID=1 SLURM_MPI_TYPE=pmix {Pmix}")]
    [InlineData("PMI_FD is not set", $"{Step} SLURM_MPI_TYPE=pmi2")]
    [InlineData("PMI_RANK is not set", $"{Step} SLURM_MPI_TYPE=pmi2 PMI_FD=11 PMI_SIZE=56")]
    [InlineData("PMI_FD is not open", $"{Step} SLURM_MPI_TYPE=pmi2 PMI_FD=12 PMI_RANK=1 PMI_SIZE=56")]
    [InlineData("PMI_SIZE is not SLURM_NTASKS", $"{Step} SLURM_MPI_TYPE=pmi2 PMI_FD=11 PMI_RANK=1 PMI_SIZE=1")]
    public async Task One_that_would_be_alone_is_refused(string reason, string variables)
    {
        var end = (await RunAsync(variables)).EndedWith(78);
        Assert.Equal("", end.Output);
        Assert.Equal($"pisahpc-run: {reason}: by it a rank of srun's finds the others, and this one would be rank 0 of 1\n", end.Error);
    }

    /// <summary>Runs a client with a descriptor 11 and these variables.</summary>
    private async Task<ClientResult> RunAsync(string variables)
    {
        var all = variables.Split(' ').Select(variable => variable.Split('=', 2)).ToDictionary(pair => pair[0], pair => (string?)pair[1]);
        using var run = _agent.StartBy("bash", "exec 11</dev/null; exec \"$@\"", ["echo", "here"], all);
        return await run.EndAsync([]);
    }
}
