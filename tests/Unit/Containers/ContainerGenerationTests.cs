using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Containers;

/// <summary>The mark by which a container is known to be as declared.</summary>
public sealed class ContainerGenerationTests
{
    private static readonly ContainerSpec Spec = new() { Name = "n", Image = "x/y:1", Command = ["c"], User = "0:0" };

    /// <summary>Each of them is another container, so that a new part of a specification cannot be forgotten.</summary>
    private static readonly ContainerSpec[] Others =
    [
        Spec with { Name = "o" }, Spec with { Image = "x/y:2" }, Spec with { Command = ["c", "d"] }, Spec with { Hostname = "h" },
        Spec with { Network = NetworkMode.Bridge }, Spec with { PublishedPorts = [1] }, Spec with { User = "1:1" }, Spec with { Groups = [1] },
        Spec with { Environment = new Dictionary<string, string> { ["A"] = "b" } }, Spec with { WorkingDirectory = "/" },
        Spec with { OpenInput = true }, Spec with { Terminal = true }, Spec with { Mounts = [new("/a", "/b", ReadOnly: true)] },
        Spec with { Devices = ["/dev/x"] }, Spec with { Cpus = 1 }, Spec with { Cpuset = "0" }, Spec with { MemoryBytes = 1 },
        Spec with { ShmBytes = 1 }, Spec with { MemlockBytes = 1 }, Spec with { OpenFiles = new OpenFilesLimit(1, Required: true) },
        Spec with { Pids = 1 }, Spec with { CapabilitiesDropped = [] }, Spec with { Capabilities = ["KILL"] },
        Spec with { SecurityOptions = ["s"] }, Spec with { Privileged = true }, Spec with { Init = false },
        Spec with { Restart = RestartPolicy.Always }, Spec with { StopSignal = "SIGINT" }, Spec with { Tmpfs = ["/run"] },
        Spec with { AutoRemove = true }, Spec with { CgroupParent = "/p" },
        Spec with { Labels = new Dictionary<string, string> { ["pisahpc.static"] = "a" } },
    ];

    [Fact]
    public void It_is_another_one_for_each_part_of_a_specification_that_differs()
    {
        Assert.Equal(typeof(ContainerSpec).GetProperties().Length, Others.Length);
        Assert.Equal(Others.Length + 1, Others.Append(Spec).Select(spec => ContainerGeneration.Of(spec, "id")).Distinct().Count());
    }

    [Theory]
    [InlineData("x/y:1", "x/y:1@DIGEST")]
    [InlineData("x/y", "x/y:latest@DIGEST")]
    [InlineData("docker.io/x/y:1", "x/y:1")]
    public void An_image_is_known_by_its_id_whatever_its_reference_says_of_a_digest(string first, string second)
    {
        var (one, other) = (WithImage(first), WithImage(second));
        Assert.Equal(ContainerGeneration.Of(one, "sha256:1"), ContainerGeneration.Of(other, "sha256:1"));
        Assert.NotEqual(ContainerGeneration.Of(one, "sha256:1"), ContainerGeneration.Of(other, "sha256:2"));
    }

    [Fact]
    public void An_image_that_no_node_holds_is_known_by_its_digest() =>
        Assert.NotEqual(ContainerGeneration.Of(WithImage("x/y:1@DIGEST"), imageId: null), ContainerGeneration.Of(Spec, imageId: null));

    [Fact]
    public void An_order_that_means_nothing_is_of_no_matter()
    {
        var one = Spec with
        {
            PublishedPorts = [1, 2],
            Groups = [1, 2],
            Mounts = [new("/a", "/b", ReadOnly: true), new("/c", "/d", ReadOnly: true)],
            Devices = ["/dev/x", "/dev/y"],
            CapabilitiesDropped = ["A", "B"],
            Capabilities = ["KILL", "CHOWN"],
            SecurityOptions = ["s", "t"],
            Tmpfs = ["/run", "/run/lock"],
        };
        var other = one with
        {
            PublishedPorts = [2, 1],
            Groups = [2, 1],
            Mounts = [.. one.Mounts.Reverse()],
            Devices = [.. one.Devices.Reverse()],
            CapabilitiesDropped = ["B", "A"],
            Capabilities = ["CHOWN", "KILL"],
            SecurityOptions = ["t", "s"],
            Tmpfs = ["/run/lock", "/run"],
        };
        Assert.Equal(ContainerGeneration.Of(one, "id"), ContainerGeneration.Of(other, "id"));
        Assert.NotEqual(
            ContainerGeneration.Of(Spec with { Command = ["c", "d"] }, "id"), ContainerGeneration.Of(Spec with { Command = ["d", "c"] }, "id"));
    }

    [Fact]
    public void When_by_whom_and_on_how_many_cpus_it_was_made_is_of_no_matter()
    {
        var first = ContainerGeneration.Mark(Spec with { Labels = Labels("a", "alice@head1", "64") }, "id");
        var second = ContainerGeneration.Mark(Spec with { Labels = Labels("b", "bob@head2", "63") }, "id");
        Assert.Equal(first.Labels[ContainerLabels.Generation], second.Labels[ContainerLabels.Generation]);
        Assert.Equal(first.Labels[ContainerLabels.Generation], ContainerGeneration.Of(first, "id"));
    }

    private static ContainerSpec WithImage(string reference) =>
        Spec with { Image = reference.Replace("DIGEST", $"sha256:{new string('a', 64)}", StringComparison.Ordinal) };

    private static Dictionary<string, string> Labels(string attempt, string by, string number) => new()
    {
        [ContainerLabels.Slots] = number,
        [ContainerLabels.ReadyTimeout] = number,
        [ContainerLabels.Static] = "cs7",
        [ContainerLabels.Attempt] = attempt,
        [ContainerLabels.StartedBy] = by,
    };
}
