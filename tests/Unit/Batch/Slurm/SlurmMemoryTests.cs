namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>How much memory a job has on its nodes, which the prolog's variables do not tell.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SlurmMemoryTests : IDisposable
{
    private const string Row = "20 4001 4001 20 N/A o2wn[01-02]";
    private static readonly string Granted = RecordedSlurm.Sample("granted-22.05");
    private readonly RecordedSlurm _slurm = new();

    public void Dispose() => _slurm.Dispose();

    [Fact]
    public async Task It_is_asked_for_in_one_question()
    {
        var told = await AskAsync(_slurm.With(Row, "mpi", Granted), "20");
        Assert.Equal([("o2wn01", 2048L << 20), ("o2wn02", 1536L << 20)], told.Select(node => (node.Key, node.Value)).Order());
        Assert.Equal(1, _slurm.Questions);
    }

    [Fact]
    public async Task Nodes_that_have_the_same_are_told_together() => Assert.Equal(
        [("a1", 5L << 20), ("a2", 5L << 20), ("b", -1)],
        (await AskAsync(
            _slurm.With(Row, "mpi", "     Nodes=a[1-2] CPU_IDs=0-3,7 Mem=5 GRES=\n     Nodes=b CPU_IDs=0 Mem=0 GRES=gpu:2(IDX:0-1)\n"), "20"))
        .Select(node => (node.Key, node.Value)).Order());

    /// <summary>A user may write into his job's record what he likes; Slurm's own line stands there all the same.</summary>
    [Theory]
    [InlineData("Mem=999999", 2048L)]
    [InlineData("Mem=0", 2048L)]
    [InlineData("Mem=100", 100L)]
    public async Task Words_of_the_user_s_give_him_no_more_than_he_was_granted(string forged, long mebibytes)
    {
        var record = Granted.Replace("Network=(null)", $"Network=x\n     Nodes=o2wn01 CPU_IDs=0-9999 {forged} GRES=");
        Assert.Equal(mebibytes << 20, (await AskAsync(_slurm.With(Row, "mpi", record), "20"))["o2wn01"]);
    }

    [Theory]
    [InlineData("\n     Nodes=o2wn[1-99999999] CPU_IDs=0 Mem=1 GRES=")]
    [InlineData(" Nodes=a[1-10000] CPU_IDs=0 Mem=1 Nodes=b[1-10000] CPU_IDs=0 Mem=1")]
    public async Task A_host_list_that_Slurm_does_not_write_is_no_answer(string forged)
    {
        var record = Granted.Replace("Network=(null)", $"Network=x{forged}");
        Assert.Equal(ErrorId.InvalidValue, (await Assert.ThrowsAsync<HpcException>(() => AskAsync(_slurm.With(Row, "mpi", record), "20"))).Id);
    }

    [Fact]
    public async Task The_last_element_of_an_array_is_asked_for_by_its_own_name()
    {
        var slurm = _slurm.With("23 4001 4001 23 2 o2wn02", "run.sh", RecordedSlurm.Sample("element-22.05"), asked: "23_2")
            .With("24 4001 4001 23 1 o2wn01", "run.sh", "");
        Assert.Equal(128L << 20, Assert.Single(await AskAsync(slurm, "23")).Value);
    }

    [Theory]
    [InlineData("slurm_load_jobs error: Invalid job id specified", ErrorId.JobNotFound)]
    [InlineData("slurm_load_jobs error: Unable to contact slurm controller (connect failure)", ErrorId.BatchSystemFailed)]
    public async Task A_refusal_is_told_apart(string words, ErrorId id) => Assert.Equal(
        id, (await Assert.ThrowsAsync<HpcException>(() => AskAsync(_slurm.Refusing(words), "7"))).Id);

    [Fact]
    public async Task A_host_without_Slurms_programs_is_called_so() => Assert.Equal(
        "Slurm cannot be asked on login1: it has no scontrol.",
        (await Assert.ThrowsAsync<HpcException>(() => AskAsync(_slurm.Without("scontrol"), "7"))).Message);

    private static Task<IReadOnlyDictionary<string, long>> AskAsync(RecordedSlurm slurm, string jobId) =>
        slurm.Client.FindMemoryAsync(jobId, CancellationToken.None);
}
