using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Mpi;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Mpi;

/// <summary>What is said of ranks that do not start.</summary>
public sealed class StalledStartTests
{
    private static readonly MpiRequest Request = new()
    {
        JobId = "4711",
        Access = new SshAccess("/run/pisahpc/4711", 22042),
        Nodes = [new AllocatedNode("o2wn01", 2), new AllocatedNode("o2wn02", 2), new AllocatedNode("o2wn03", 2)],
        Command = "hostname",
    };

    private static readonly LauncherFacts Facts = new()
    {
        Flavour = MpiFlavour.OpenMpi,
        Path = "/usr/bin/mpirun.openmpi",
        Version = "4.1.4",
        Network = "10.10.13.0/24",
    };

    [Fact]
    public void A_launcher_that_closes_a_billion_descriptors_is_named_with_its_limit()
    {
        var said = Describe(0, Look(1073741816, "look 43 S 12 mpirun.openmpi", "look 48 R 2710 mpirun.openmpi --mca plm rsh"), []);
        Assert.StartsWith("Job 4711: no rank started within 30 s.", said, StringComparison.Ordinal);
        Assert.Contains("mpirun.openmpi (process 48) on o2wn01 is busy: it has used 27.1 s of processor", said, StringComparison.Ordinal);
        Assert.Contains("open files is 1073741816", said, StringComparison.Ordinal);
        Assert.DoesNotContain("waits", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_busy_launcher_with_a_common_limit_is_busy_with_something_else()
    {
        var said = Describe(0, Look(1048576, "look 43 R 2900 mpirun.openmpi"), []);
        Assert.Contains("/usr/bin/mpirun.openmpi (process 43) on o2wn01 is busy", said, StringComparison.Ordinal);
        Assert.DoesNotContain("open files", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_launcher_that_waits_for_a_node_names_it_and_says_whether_it_answers()
    {
        var look = Look(1024, "look 43 S 12 mpirun", "look 48 S 1 /usr/bin/ssh -F /run/config o2wn02 orted", "look 49 S 1 ssh o2wn03 x");
        Assert.Contains(
            "waits for o2wn[02-03]: its ssh to there stands, and o2wn03 did not answer another login.",
            Describe(0, look, ["o2wn03"]),
            StringComparison.Ordinal);
        Assert.Contains("another login is answered: it is what was started there", Describe(0, look, []), StringComparison.Ordinal);
    }

    [Fact]
    public void A_launcher_that_waits_without_ssh_has_no_answer_over_the_network() => Assert.Contains(
        "(process 43) on o2wn01 waits, and none of its ssh to other nodes stands: what they started has not answered over 10.10.13.0/24.",
        Describe(0, Look(1024, "look 43 S 12 mpirun"), []),
        StringComparison.Ordinal);

    [Fact]
    public void Srun_has_no_ssh_that_could_stand() => Assert.EndsWith(
        "(process 43) on o2wn01 waits.",
        new StalledStart(Request, Facts with { Launcher = MpiLauncher.Srun }, 0, 6, ["o2wn01", "o2wn02"], TimeSpan.FromSeconds(30))
            .Describe(Look(1024, "look 43 S 12 srun"), []),
        StringComparison.Ordinal);

    [Fact]
    public void Ranks_that_have_started_may_be_busy_and_their_nodes_are_not_waited_for()
    {
        var look = Look(1024, "look 43 S 12 mpiexec", "look 50 R 2900 solver", "look 48 S 1 ssh o2wn02 x", "look 49 S 1 ssh o2wn03 x");
        var said = Describe(4, look, [], "o2wn03");
        Assert.StartsWith("Job 4711: only 4 of 6 ranks started within 30 s.", said, StringComparison.Ordinal);
        Assert.Contains("waits for o2wn03:", said, StringComparison.Ordinal);
        Assert.DoesNotContain("busy", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("look 43 T 12 mpirun", "is stopped")]
    [InlineData("look 43 D 12 mpirun", "waits for a disk or a file system")]
    [InlineData("look 51 S 0 sh -c trap : USR1 USR2; printf", "1 rank runs all the same: it is the output that does not arrive")]
    public void A_state_is_told_in_words(string process, string said) =>
        Assert.Contains(said, Describe(0, Look(1024, process), []), StringComparison.Ordinal);

    [Fact]
    public void Without_a_look_that_is_said() => Assert.Contains("is not known", Describe(0, null, []), StringComparison.Ordinal);

    [Theory]
    [InlineData("look 43 S")]
    [InlineData("look x S 1 mpirun")]
    [InlineData("look 43 SS 1 mpirun")]
    public void What_is_no_process_s_line_is_none(string line) => Assert.Null(RunSnapshot.Process(line.Split(' ')));

    private static string Describe(int started, RunSnapshot? look, string[] deaf, params string[] missing) =>
        new StalledStart(
            Request, Facts, started, 6, missing.Length > 0 ? missing : ["o2wn01", "o2wn02", "o2wn03"], TimeSpan.FromSeconds(30))
            .Describe(look, deaf);

    private static RunSnapshot Look(long files, params string[] processes) =>
        RunSnapshot.Of(["looked", "43", $"{files}"], [.. processes.Select(line => RunSnapshot.Process(line.Split(' '))!)])!;
}
