using PisaHpc.Batch;
using PisaHpc.Mpi;

namespace PisaHpc.Unit.Mpi;

/// <summary>Failures as Open MPI 4.1.4, Open MPI 5.0.7, MPICH 4.0.2 and Slurm 22.05 were seen to tell them.</summary>
public sealed class RankFailureReaderTests
{
    private readonly RankFailureReader _reader = new(RankMap.Of([new AllocatedNode("o2wn01", 32), new AllocatedNode("o2wn02", 24)], null, false));

    [Theory]
    [InlineData("""
        mpirun.openmpi detected that one or more processes exited with non-zero status, thus causing
        the job to be terminated. The first process to do so was:

          Process name: [[27833,1],33]
          Exit code:    7
        """, 33, null)]
    [InlineData("""
        prterun detected that one or more processes exited with non-zero status,
        thus causing the job to be terminated. The first process to do so was:

           Process name: [prterun-o2wn01-129@1,2]
           Exit code:    7
        """, 2, null)]
    [InlineData("mpirun.openmpi noticed that process rank 33 with PID 126 on node o2wn02 exited on signal 11 (Segmentation fault).", 33, 11)]
    [InlineData("""
        prterun noticed that process rank 2 with PID 117 on node o2wn02 exited on
        signal 9 (Killed).
        """, 2, 9)]
    [InlineData("""
        MPI_ABORT was invoked on rank 33 in communicator MPI_COMM_WORLD
        with errorcode 4.

        NOTE: invoking MPI_ABORT causes Open MPI to kill all MPI processes.
        """, 33, null)]
    [InlineData("""
        prterun has exited due to process rank 3 with PID 90 on node o2wn02 calling
        "abort". This may have caused other processes in the application to be
        terminated by signals sent by prterun (as reported here).
        """, 3, null)]
    [InlineData("""
        srun: error: o2wn01: tasks 0-1: Killed
        srun: error: o2wn02: task 33: Exited with exit code 7
        """, 33, null)]
    [InlineData("srun: error: o2wn02: tasks 33-55: Segmentation fault (core dumped)", 33, null)]
    public void The_launcher_names_the_rank(string said, int rank, int? signal)
    {
        foreach (var line in said.Split('\n'))
        {
            _reader.Observe(null, line);
        }

        var failure = _reader.Find();
        Assert.Equal((rank, signal), (failure!.Rank, failure.Signal));
    }

    [Fact]
    public void Srun_names_a_node_that_is_lost()
    {
        _reader.Observe(null, "srun: error: Node failure on o2wn02");
        _reader.Observe(null, "srun: error: o2wn01: tasks 0-31: Killed");
        Assert.Equal((null, "o2wn02"), (_reader.Find()!.Rank, _reader.Find()!.Node));
    }

    [Fact]
    public void MPICH_names_the_rank_that_aborts_in_its_own_output()
    {
        _reader.Observe(33, "Abort(4) on node 33 (rank 33 in comm 0): application called MPI_Abort(MPI_COMM_WORLD, 4) - process 33");
        Assert.Equal(33, _reader.Find()?.Rank);
    }

    [Fact]
    public void The_first_rank_that_says_it_failed_is_the_one()
    {
        _reader.RankEnded(5, 0);
        _reader.RankEnded(33, 139);
        _reader.RankEnded(7, 1);
        Assert.Equal(new RankFailure(33, Signal: 11, Code: 139), _reader.Find());
    }

    [Fact]
    public void An_abort_goes_before_what_its_victims_say()
    {
        _reader.RankEnded(7, 143);
        _reader.Observe(null, "MPI_ABORT was invoked on rank 33 in communicator MPI_COMM_WORLD");
        Assert.Equal(33, _reader.Find()?.Rank);
    }

    [Fact]
    public void A_lost_node_is_a_failure_without_a_rank()
    {
        _reader.RankStarted(0);
        _reader.NodeLost("o2wn02");
        Assert.Equal(new RankFailure(null, "o2wn02"), _reader.Find());
        Assert.True(_reader.HasStarted("o2wn01"));
        Assert.False(_reader.HasStarted("o2wn02"));
    }

    [Fact]
    public void A_program_s_own_talk_of_failure_is_none()
    {
        _reader.Observe(4, "Process name: [[27833,1],33] Exit code: 7");
        _reader.Observe(null, "mpirun: Forwarding signal 18 to job");
        Assert.Null(_reader.Find());
    }

    [Fact]
    public void Ranks_that_never_ended_are_missed_and_all_of_them_ending_is_noticed()
    {
        for (var rank = 0; rank < 55; rank++)
        {
            _reader.RankEnded(rank, 0);
        }

        Assert.Equal(55, _reader.FirstMissing());
        Assert.False(_reader.AllEnded.IsCompleted);
        _reader.RankEnded(55, 0);
        Assert.Null(_reader.FirstMissing());
        Assert.True(_reader.AllEnded.IsCompleted);
    }

    [Fact]
    public void All_ranks_starting_is_noticed()
    {
        for (var rank = 0; rank < 55; rank++)
        {
            _reader.RankStarted(rank);
        }

        Assert.Equal((55, 56, false), (_reader.Started, _reader.Count, _reader.AllStarted.IsCompleted));
        _reader.RankStarted(55);
        Assert.True(_reader.AllStarted.IsCompleted);
    }

    [Fact]
    public void The_launcher_s_words_come_without_rules_and_blanks()
    {
        foreach (var line in (string[])["-----", "There are not enough slots", "", "  available.", "====="])
        {
            _reader.Observe(null, line);
        }

        Assert.Equal("There are not enough slots available.", _reader.LauncherWords());
    }
}
