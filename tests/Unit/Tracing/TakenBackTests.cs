using PisaHpc.Tracing;

namespace PisaHpc.Unit.Tracing;

/// <summary>What somebody reads who has interrupted a command.</summary>
public sealed class TakenBackTests
{
    private readonly TakenBack _taken = new(new CancellationToken(canceled: true));

    [Fact]
    public void All_that_was_of_a_job_is_one_line_with_the_nodes_that_had_it()
    {
        _taken.AddKeys("job 4711", "o2wn02", wasThere: true);
        _taken.AddContainers("job 4711", "o2wn02", 1);
        _taken.AddContainers("job 4711", "o2wn01", 1);
        _taken.AddContainers("job 4711", "o2wn03", 0);
        _taken.AddKeys("job 4711", "o2wn03", wasThere: false);
        _taken.AddPort("job 4711");
        Assert.Equal(["Job 4711: 2 containers, a port and keys were taken back from o2wn[01-02]."], _taken.Lines);
    }

    [Fact]
    public void Each_job_and_static_environment_has_its_own_line()
    {
        _taken.AddPort("job 1");
        _taken.AddContainers("static environment cs7", "o2wn01", 1);
        _taken.AddPutBack("static environment cs7", "o2wn01", "the container of before");
        _taken.AddPutBack("static environment cs7", "o2wn02", "the container of before");
        _taken.AddKeys("job 2", "o2wn01", wasThere: true);
        _taken.AddName("image pisa/hpc:1", "o2wn01", "registry.lab:5000/pisa/hpc:1");
        Assert.Equal(
            [
                "Job 1: a port was taken back.",
                "Static environment cs7: 1 container was taken back from o2wn01; the container of before is back on o2wn[01-02].",
                "Job 2: keys were taken back from o2wn01.",
                "Image pisa/hpc:1: the name registry.lab:5000/pisa/hpc:1 was taken back from o2wn01.",
            ],
            _taken.Lines);
    }

    [Fact]
    public void What_was_taken_back_before_the_interruption_is_told_by_the_failure()
    {
        using var stop = new CancellationTokenSource();
        var taken = new TakenBack(stop.Token);
        taken.AddContainers("job 1", "o2wn01", 1);
        Assert.Empty(taken.Lines);
        stop.Cancel();
        taken.AddContainers("job 1", "o2wn02", 1);
        Assert.Equal(["Job 1: 1 container was taken back from o2wn02."], taken.Lines);
    }
}
