using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Containers;

/// <summary>What was asked for beside what an engine reads back.</summary>
public sealed class SpecificationDifferencesTests
{
    private static readonly ContainerSpec Wanted = new()
    {
        Name = "pisahpc-static-cs7",
        Image = "pisa/cs7@sha256:1",
        Command = ["sshd", "-D"],
        User = "0:0",
        Environment = new Dictionary<string, string> { ["A"] = "1" },
        Mounts = [new ContainerMount("/opt", "/opt", ReadOnly: true)],
        Labels = new Dictionary<string, string> { [ContainerLabels.Static] = "cs7", [ContainerLabels.Attempt] = "a" },
    };

    [Fact]
    public void What_engine_and_image_add_by_themselves_is_no_difference() => Assert.Empty(Differences(Wanted with
    {
        Hostname = "o2wn01",
        WorkingDirectory = "/",
        ShmBytes = 64 << 20,
        MemlockBytes = 65536,
        OpenFiles = new OpenFilesLimit(1024, Required: true),
        StopSignal = "SIGQUIT",
        Environment = new Dictionary<string, string> { ["A"] = "1", ["PATH"] = "/bin" },
        Labels = new Dictionary<string, string> { [ContainerLabels.Static] = "cs7", [ContainerLabels.Attempt] = "b", ["maker"] = "x" },
    }));

    [Fact]
    public void What_was_asked_for_and_is_another_is_one_difference_with_both() => Assert.Equal(
        [
            new("image", "pisa/cs7@sha256:1", "pisa/cs7@sha256:2"), new("command", "sshd -D", "-D sshd"), new("env", "A=1", "A=2"),
            new("memory", "", "1024"), new("restart", "No", "Always"),
        ],
        Differences(Wanted with
        {
            Image = "pisa/cs7@sha256:2",
            Command = ["-D", "sshd"],
            Environment = new Dictionary<string, string> { ["A"] = "2" },
            MemoryBytes = 1024,
            Restart = RestartPolicy.Always,
        }));

    [Fact]
    public void What_is_there_beyond_any_specification_is_told_and_exactly()
    {
        var wanted = Wanted with { MemoryBytes = 1024, Cpus = 2, Restart = RestartPolicy.OnFailure };
        var found = SpecificationDifferences.Between(wanted, new ContainerInspection(Container(), wanted with { Cpus = 1 })
        {
            Further = [new("cpus", "1.5"), new("restart", "OnFailure:3"), new("memory-swap", "1024"), new("pid", "host")],
        });
        Assert.Equal(
            [
                new("cpus", "2", "1.5"), new("restart", "OnFailure", "OnFailure:3"), new("memory-swap", "2048", "1024"),
                new("pid", "", "host"),
            ],
            found);
    }

    private static EngineContainer Container() => new()
    {
        Id = "f00",
        Name = Wanted.Name,
        Image = Wanted.Image,
        State = ContainerState.Running,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Labels = Wanted.Labels,
    };

    [Fact]
    public void Of_lists_each_value_that_is_missing_or_too_many_is_one() => Assert.Equal(
        [
            new("mount", "", "/home:/home:rw"), new("mount", "", "/scratch:/scratch:rw"), new("device", "", "/dev/fuse"),
            new("capability", "", "SYS_ADMIN"),
        ],
        Differences(Wanted with
        {
            Mounts = [.. Wanted.Mounts, new ContainerMount("/home", "/home", false), new ContainerMount("/scratch", "/scratch", false)],
            Devices = ["/dev/fuse"],
            Capabilities = ["SYS_ADMIN"],
        }));

    [Fact]
    public void A_variable_that_is_gone_is_one() => Assert.Equal(
        [new("env", "A=1", "")],
        Differences(Wanted with { Environment = new Dictionary<string, string> { ["PATH"] = "/bin" } }));

    [Fact]
    public void A_limit_that_was_asked_for_and_is_gone_is_one() => Assert.Equal(
        [new("shm", "1024", "")],
        SpecificationDifferences.Between(Wanted with { ShmBytes = 1024 }, Wanted));

    [Fact]
    public void A_limit_of_open_files_that_nobody_required_gives_way_and_a_required_one_does_not()
    {
        var usual = Wanted with { OpenFiles = new OpenFilesLimit(65536, Required: false) };
        Assert.Empty(SpecificationDifferences.Between(usual, Wanted));
        Assert.Empty(SpecificationDifferences.Between(usual, Wanted with { OpenFiles = new OpenFilesLimit(1024, Required: true) }));
        var required = Wanted with { OpenFiles = new OpenFilesLimit(65536, Required: true) };
        Assert.Equal(
            [new("files", "65536", "1024")],
            SpecificationDifferences.Between(required, Wanted with { OpenFiles = new OpenFilesLimit(1024, Required: true) }));
    }

    private static IReadOnlyList<SpecificationDifference> Differences(ContainerSpec actual) =>
        SpecificationDifferences.Between(Wanted, actual);
}
