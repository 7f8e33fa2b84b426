using PisaHpc.Access.Agent;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Mpi;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Mpi;

/// <summary>The launchers' command lines, whole.</summary>
public sealed class LaunchCommandTests
{
    private const string Run = "c0ffee";

    private const string Rank =
        """sh -c 'trap : USR1 USR2; printf '\''%s start\n'\'' "$PISAHPC_RUN" >&2; "$@"; code=$?; """
        + """printf '\''%s exit %d\n'\'' "$PISAHPC_RUN" $code >&2; exit $code' Mpi/rank.sh ./solver 'case 1.dat'""";

    private static readonly MpiRequest Request = new()
    {
        JobId = "4711",
        Access = new SshAccess("/run/pisahpc/4711", 22042),
        Nodes = [new AllocatedNode("o2wn01", 32), new AllocatedNode("o2wn02", 24)],
        IsWholeJob = true,
        Command = "./solver",
        Arguments = ["case 1.dat"],
        Environment = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1" },
        WorkingDirectory = "/scratch/run 7",
    };

    private static readonly LauncherFacts OpenMpi4 = new()
    {
        Flavour = MpiFlavour.OpenMpi,
        Path = "/usr/bin/mpirun.openmpi",
        Version = "4.1.4",
        Interface = "eth0",
        Network = "10.10.13.0/24",
        Cpus = 64,
    };

    private static readonly MpiRequest Slurms = Request with
    {
        Access = new AgentAccess(new JobAgent("/run/pisahpc/4711", "/run/pisahpc/.agent/1")),
        Launcher = MpiLauncher.Srun,
        Flavour = MpiFlavour.OpenMpi,
        Ranks = 40,
    };

    private static readonly LauncherFacts Srun = OpenMpi4 with { Launcher = MpiLauncher.Srun, Path = "/usr/bin/srun", Version = "22.05.8" };

    private static readonly LauncherFacts OpenMpi5 = OpenMpi4 with { Path = "/usr/bin/mpirun", Version = "5.0.7" };

    private static readonly LauncherFacts Hydra = OpenMpi4 with { Flavour = MpiFlavour.Mpich, Path = "/usr/bin/mpiexec.hydra", Version = "4.0.2" };

    [Fact]
    public void Open_MPI_4() => Assert.Equal(
        "/usr/bin/mpirun.openmpi --mca plm rsh --mca plm_rsh_agent ssh --mca plm_rsh_args '-F /run/pisahpc/4711/ssh_config' "
        + "--mca btl_tcp_if_include 10.10.13.0/24 --mca oob_tcp_if_include 10.10.13.0/24 --hostfile /run/pisahpc/4711/hosts.openmpi -np 56 "
        + $"--map-by slot --tag-output -x OMP_NUM_THREADS -x PISAHPC_RUN -wdir '/scratch/run 7' {Rank}",
        Line(Request, OpenMpi4));

    [Fact]
    public void Open_MPI_5() => Assert.Equal(
        "/usr/bin/mpirun --prtemca plm ssh --prtemca plm_ssh_agent ssh --prtemca plm_ssh_args '-F /run/pisahpc/4711/ssh_config' "
        + "--mca btl_tcp_if_include 10.10.13.0/24 --prtemca prte_if_include 10.10.13.0/24 --hostfile /run/pisahpc/4711/hosts.openmpi -np 56 "
        + $"--map-by slot --stdin none --output tag:raw -x OMP_NUM_THREADS -x PISAHPC_RUN -wdir '/scratch/run 7' {Rank}",
        Line(Request, OpenMpi5));

    [Fact]
    public void Srun_is_told_where_ranks_go_by_a_host_file_and_starts_them_by_the_agents()
    {
        var command = Command(Slurms, Srun);
        Assert.StartsWith(
            "/usr/bin/srun --jobid 4711 --mpi=pmix --label --input=none --kill-on-bad-exit=1 --overlap --ntasks 40 --distribution=arbitrary "
            + "--cpu-bind=none --chdir=/ /run/pisahpc/.agent/1/pisahpc-run --socket /run/pisahpc/4711/agent/socket --wait 10 "
            + "--cd /scratch/run 7 --no-tty -- sh -c trap : USR1 USR2\n",
            string.Join(' ', command.Arguments),
            StringComparison.Ordinal);
        Assert.Equal(["Mpi/srun-rank.sh", "./solver", "case 1.dat"], command.Arguments.TakeLast(3));
        Assert.Equal([new AllocatedNode("o2wn01", 32), new AllocatedNode("o2wn02", 8)], command.Places);
    }

    [Fact]
    public void Srun_s_ranks_get_their_variables_as_one_with_what_they_need_before_the_user_s_own()
    {
        var variable = Assert.Single(Command(Slurms, Srun).Variables);
        Assert.Equal("PISAHPC_VARIABLES", variable.Key);
        Assert.Equal(
            [
                "export PMIX_MCA_gds=hash", "export OMPI_MCA_btl_tcp_if_include=10.10.13.0/24", "export UCX_NET_DEVICES=eth0",
                "export FI_TCP_IFACE=eth0", "export OMP_NUM_THREADS=1",
            ],
            variable.Value.Split('\n'));
        var own = Slurms with { Environment = new Dictionary<string, string> { ["PMIX_MCA_gds"] = "ds12", ["OMPI_MCA_btl_tcp_if_exclude"] = "lo" } };
        Assert.Equal(
            ["export PMIX_MCA_gds=ds12", "export OMPI_MCA_btl_tcp_if_exclude=lo"],
            Command(own, Srun with { HasInfiniband = true }).Variables.Single().Value.Split('\n'));
    }

    [Fact]
    public void Srun_starts_MPICH_s_ranks_by_the_protocol_that_they_speak_with_their_variables_alone()
    {
        var command = Command(Slurms with { Flavour = MpiFlavour.Mpich }, Srun);
        Assert.Contains("--mpi=pmi2", command.Arguments);
        Assert.Equal(
            ["export UCX_NET_DEVICES=eth0", "export FI_TCP_IFACE=eth0", "export OMP_NUM_THREADS=1"],
            command.Variables.Single().Value.Split('\n'));
    }

    [Fact]
    public void Srun_is_told_each_component_of_a_heterogeneous_job_as_a_part_of_one_step()
    {
        var facts = Srun with { Components = new Dictionary<string, int> { ["o2wn01"] = 0, ["o2wn02"] = 1 } };
        var command = Command(Slurms with { Ranks = 34 }, facts);
        var line = string.Join(' ', command.Arguments);
        var first = string.Join(',', Enumerable.Repeat("o2wn01", 32));
        Assert.StartsWith("/usr/bin/srun --jobid 4711 --mpi=pmix --label ", line, StringComparison.Ordinal);
        Assert.Contains($" --overlap --het-group=0 --nodelist={first} --ntasks 32 --distribution=arbitrary ", line, StringComparison.Ordinal);
        Assert.Contains(" ./solver case 1.dat : --overlap --het-group=1 --nodelist=o2wn02,o2wn02 --ntasks 2 ", line, StringComparison.Ordinal);
        Assert.EndsWith(" ./solver case 1.dat", line, StringComparison.Ordinal);
        Assert.Empty(command.Places);

        var other = Srun with { Components = new Dictionary<string, int> { ["o2wn01"] = 0 } };
        Assert.Equal("o2wn02", Assert.Throws<HpcException>(() => Command(Slurms, other)).Target);
    }

    [Fact]
    public void A_colon_among_the_arguments_is_no_part_of_srun_s()
    {
        var command = Command(Slurms with { Arguments = ["a", ":", "b c"] }, Srun);
        Assert.DoesNotContain(":", command.Arguments);
        Assert.Equal("Mpi/srun-rank.sh", command.Arguments[^1]);
        Assert.EndsWith("\nset -- ./solver a : 'b c'", command.Variables.Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Srun_starts_no_ranks_of_which_nobody_says_what_they_speak() => Assert.Contains(
        "-Flavour OpenMpi or Mpich",
        Assert.Throws<HpcException>(() => (Slurms with { Flavour = null }).Check()).RecommendedAction,
        StringComparison.Ordinal);

    [Fact]
    public void MPICH() => Assert.Equal(
        "/usr/bin/mpiexec.hydra -launcher ssh -iface eth0 -f /run/pisahpc/4711/hosts.mpich -np 56 -prepend-pattern '<c0ffee:%r>' "
        + $"-wdir '/scratch/run 7' {Rank}",
        Line(Request, Hydra));

    [Fact]
    public void MPICH_is_told_by_variables_how_to_log_in_and_which_interface_to_take()
    {
        var variables = Command(Request, Hydra).Variables;
        Assert.Equal("/bin/sh", variables["HYDRA_LAUNCHER_EXEC"]);
        Assert.Equal("/run/pisahpc/4711/hydra_ssh", variables["HYDRA_LAUNCHER_EXTRA_ARGS"]);
        Assert.Equal("eth0", variables["UCX_NET_DEVICES"]);
        Assert.Equal("1", variables["OMP_NUM_THREADS"]);
    }

    [Fact]
    public void With_InfiniBand_the_transport_is_left_to_choose_its_devices() =>
        Assert.DoesNotContain("UCX_NET_DEVICES", Command(Request, Hydra with { HasInfiniband = true }).Variables.Keys);

    [Fact]
    public void The_user_s_own_variable_wins()
    {
        var request = Request with { Environment = new Dictionary<string, string> { ["UCX_NET_DEVICES"] = "ib0" } };
        Assert.Equal("ib0", Command(request, Hydra).Variables["UCX_NET_DEVICES"]);
    }

    [Fact]
    public void Some_nodes_of_a_job_are_listed_instead_of_the_job_s_host_file()
    {
        var request = Request with { Nodes = [new AllocatedNode("o2wn02", 24)], IsWholeJob = false };
        Assert.Contains("--host o2wn02:24 -np 24", Line(request, OpenMpi4), StringComparison.Ordinal);
        Assert.Contains("-hosts o2wn02:24 -np 24", Line(request, Hydra), StringComparison.Ordinal);
    }

    [Fact]
    public void More_ranks_than_slots_are_shared_out_so_that_every_launcher_places_them_alike()
    {
        var request = Request with { Ranks = 70, Oversubscribe = true };
        Assert.Contains("--host o2wn01:40,o2wn02:30 -np 70", Line(request, OpenMpi4), StringComparison.Ordinal);
        Assert.Contains("--host o2wn01:40,o2wn02:30 -np 70", Line(request, OpenMpi5), StringComparison.Ordinal);
        Assert.Contains("-hosts o2wn01:40,o2wn02:30 -np 70", Line(request, Hydra), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(31, true)]
    [InlineData(32, false)]
    public void Ranks_that_share_CPUs_yield_them_while_they_wait(int cpus, bool yields) =>
        Assert.Equal(yields, Line(Request, OpenMpi4 with { Cpus = cpus }).Contains("mpi_yield_when_idle 1", StringComparison.Ordinal));

    [Fact]
    public void Open_MPI_keeps_names_whole_that_it_would_cut_at_their_dot()
    {
        var request = Request with { Nodes = [new AllocatedNode("wn.rack1.lab", 32), new AllocatedNode("wn.rack2.lab", 24)], IsWholeJob = false };
        Assert.Contains(
            "--mca orte_keep_fqdn_hostnames 1 --host wn.rack1.lab:32,wn.rack2.lab:24", Line(request, OpenMpi4), StringComparison.Ordinal);
        Assert.Contains(
            "--prtemca prte_keep_fqdn_hostnames 1 --host wn.rack1.lab:32,wn.rack2.lab:24", Line(request, OpenMpi5), StringComparison.Ordinal);
        Assert.Contains("-hosts wn.rack1.lab:32,wn.rack2.lab:24", Line(request, Hydra), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_network_the_launcher_chooses()
    {
        var alone = OpenMpi4 with { Interface = null, Network = null };
        Assert.DoesNotContain("if_include", Line(Request, alone), StringComparison.Ordinal);
        Assert.DoesNotContain("-iface", Line(Request, alone with { Flavour = MpiFlavour.Mpich }), StringComparison.Ordinal);
    }

    [Fact]
    public void The_caller_s_options_stand_last_before_the_command()
    {
        var request = Request with { LauncherOptions = ["--bind-to", "core"] };
        Assert.Contains("'/scratch/run 7' --bind-to core sh -c", Line(request, OpenMpi4), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A=B")]
    [InlineData("")]
    [InlineData("A B")]
    public void What_is_no_variable_s_name_is_refused(string name) => Refused(Request with
    {
        Environment = new Dictionary<string, string> { [name] = "x" },
    });

    [Fact]
    public void What_cannot_be_run_is_refused()
    {
        Refused(Request with { Command = "" });
        Refused(Request with { Arguments = ["a\0b"] });
        Refused(Request with { WorkingDirectory = "relative" });
        Refused(Request with { Nodes = [] });
        Refused(Request with { Ranks = 57 });
    }

    private static void Refused(MpiRequest request) => Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => request.Check()).Id);

    private static LaunchCommand Command(MpiRequest request, LauncherFacts facts) => LaunchCommand.For(request, request.Check(), facts, Run);

    private static string Line(MpiRequest request, LauncherFacts facts) => ShellQuoting.Join(Command(request, facts).Arguments);
}
