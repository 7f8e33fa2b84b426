using PisaHpc.Mpi;

namespace PisaHpc.Unit.Mpi;

public sealed class LauncherFactsTests
{
    [Theory]
    [InlineData("launcher openmpi /usr/bin/mpirun mpirun (Open MPI) 4.1.4", "Open MPI 4.1.4", 4)]
    [InlineData("launcher openmpi /usr/bin/mpirun.openmpi mpirun.openmpi (OpenRTE) 4.1.4", "Open MPI 4.1.4", 4)]
    [InlineData("launcher openmpi /opt/ompi/bin/mpirun mpirun (Open MPI) 5.0.7", "Open MPI 5.0.7", 5)]
    [InlineData("launcher openmpi /usr/bin/mpirun mpirun (Open MPI) 5.1.0a1", "Open MPI 5.1.0", 5)]
    [InlineData("launcher mpich /usr/bin/mpiexec.hydra     Version:                                 4.0.2", "MPICH 4.0.2", 4)]
    [InlineData("launcher openmpi /usr/bin/mpirun ", "Open MPI ", 0)]
    [InlineData("launcher srun /usr/bin/srun slurm-wlm 22.05.8", "srun 22.05.8", 22)]
    public void The_launcher_is_known_by_name_and_version(string line, string name, int major)
    {
        var facts = LauncherFacts.Parse([line, "network eth0 10.10.13.0/24", "cpus 2"]);
        Assert.Equal((name, major), (facts.Name, facts.Major));
    }

    [Fact]
    public void The_network_is_told_or_is_left_open()
    {
        string[] lines = ["launcher openmpi /usr/bin/mpirun 4.1.4", "infiniband", "cpus 8"];
        var facts = LauncherFacts.Parse([.. lines, "network eth0 10.10.13.0/24"]);
        Assert.Equal(("eth0", "10.10.13.0/24", true, 8), (facts.Interface, facts.NetworkOrInterface, facts.HasInfiniband, facts.Cpus));
        Assert.Equal("eth0", LauncherFacts.Parse([.. lines, "network eth0 -"]).NetworkOrInterface);
        Assert.Null(LauncherFacts.Parse([.. lines, "network - -"]).NetworkOrInterface);
    }

    [Fact]
    public void The_components_of_a_heterogeneous_job_are_known_by_node()
    {
        string[] lines = ["launcher srun /usr/bin/srun slurm-wlm 22.05.8", "network - -", "cpus 2"];
        Assert.Empty(LauncherFacts.Parse(lines).Components);
        var facts = LauncherFacts.Parse([.. lines, "component 0 o2wn01", "component 1 o2wn[02-03]"]);
        Assert.Equal([("o2wn01", 0), ("o2wn02", 1), ("o2wn03", 1)], facts.Components.Select(pair => (pair.Key, pair.Value)).Order());
    }
}
