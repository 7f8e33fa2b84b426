using PisaHpc.Batch.Slurm;

namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>What a real Slurm 22.05 put into SLURM_TASKS_PER_NODE, for what its record said.</summary>
public sealed class SlurmTaskLayoutTests
{
    [Theory]
    [InlineData("-n56", "32,24", 56, 1, false, "32,24")]
    [InlineData("-N2 -n5", "4,1", 5, 1, false, "4,1")]
    [InlineData("-N2 --exclusive", "32,24", 2, 1, false, "32,24")]
    [InlineData("-N2 --exclusive -n5", "32,24", 5, 1, false, "3,2")]
    [InlineData("-N2 -n3 -c4", "8,4", 3, 4, false, "2,1")]
    [InlineData("-c32", "32", 1, 32, false, "1")]
    [InlineData("-N2 --ntasks-per-node=3", "3,3", 6, 1, true, "3,3")]
    [InlineData("-N2 --exclusive --ntasks-per-node=1", "32,24", 2, 1, true, "1,1")]
    [InlineData("-N2 --exclusive -c4", "32,24", 2, 4, false, "8,6")]
    [InlineData("-N2 -n2 -c20", "20,20", 2, 20, false, "1,1")]
    [InlineData("-N2 --exclusive -n100 -O", "32,24", 100, 1, false, "54,46")]
    public void Tasks_go_to_nodes_as_Slurm_sends_them(
        string options, string cpus, int tasks, int cpusPerTask, bool areAskedByNode, string expected)
    {
        var layout = SlurmTaskLayout.TasksPerNode([.. cpus.Split(',').Select(int.Parse)], tasks, cpusPerTask, areAskedByNode);
        Assert.Equal((options, expected), (options, string.Join(',', layout)));
    }
}
