using PisaHpc.Engines;

namespace PisaHpc.Connections;

/// <summary>What an engine tells of a container's specification, beside what it was asked for.</summary>
[Trait("Category", "Connections")]
public class SpecificationTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>A value of each member that the engine does not fill in by itself.</summary>
    public static TheoryData<string, Func<ContainerSpec, ContainerSpec>> Members => new()
    {
        { nameof(ContainerSpec.Command), spec => spec with { Command = ["/bin/sh", "-c", "it's \"one\" word", ""] } },
        { nameof(ContainerSpec.Hostname), spec => spec with { Hostname = "other", Network = NetworkMode.Bridge } },
        { nameof(ContainerSpec.Network), spec => spec with { Network = NetworkMode.Bridge } },
        { nameof(ContainerSpec.PublishedPorts), spec => spec with { Network = NetworkMode.Bridge, PublishedPorts = [28997, 28998] } },
        { nameof(ContainerSpec.User), spec => spec with { User = "4002:4003" } },
        { nameof(ContainerSpec.Groups), spec => spec with { Groups = [5002, 5001] } },
        { nameof(ContainerSpec.WorkingDirectory), spec => spec with { WorkingDirectory = "/tmp" } },
        { nameof(ContainerSpec.OpenInput), spec => spec with { OpenInput = true } },
        { nameof(ContainerSpec.Terminal), spec => spec with { Terminal = true } },
        { nameof(ContainerSpec.Mounts), spec => spec with { Mounts = [new("/etc", "/mnt/etc", true), new("/run", "/mnt/run", false, "rslave")] } },
        { nameof(ContainerSpec.Devices), spec => spec with { Devices = ["/dev/null", "/dev/zero"] } },
        { nameof(ContainerSpec.Cpus), spec => spec with { Cpus = 1 } },
        { nameof(ContainerSpec.Cpuset), spec => spec with { Cpuset = "0" } },
        { nameof(ContainerSpec.MemoryBytes), spec => spec with { MemoryBytes = 64 << 20 } },
        { nameof(ContainerSpec.ShmBytes), spec => spec with { ShmBytes = 123 << 20 } },
        { nameof(ContainerSpec.MemlockBytes), spec => spec with { MemlockBytes = -1 } },
        { nameof(ContainerSpec.OpenFiles), spec => spec with { OpenFiles = new OpenFilesLimit(4096, Required: true) } },
        { nameof(ContainerSpec.Pids), spec => spec with { Pids = 77 } },
        { nameof(ContainerSpec.CapabilitiesDropped), spec => spec with { CapabilitiesDropped = ["MKNOD", "NET_RAW"] } },
        { nameof(ContainerSpec.Capabilities), spec => spec with { Capabilities = ["SYS_ADMIN", "SYS_PTRACE"] } },
        { nameof(ContainerSpec.SecurityOptions), spec => spec with { SecurityOptions = ["seccomp=unconfined", "no-new-privileges"] } },
        { nameof(ContainerSpec.Privileged), spec => spec with { Privileged = true } },
        { nameof(ContainerSpec.Init), spec => spec with { Init = false } },
        { nameof(ContainerSpec.Restart), spec => spec with { Restart = RestartPolicy.UnlessStopped } },
        { nameof(ContainerSpec.StopSignal), spec => spec with { StopSignal = "SIGRTMIN+3" } },
        { nameof(ContainerSpec.Tmpfs), spec => spec with { Tmpfs = ["/run", "/run/lock"] } },
        { nameof(ContainerSpec.AutoRemove), spec => spec with { AutoRemove = true } },
        { nameof(ContainerSpec.CgroupParent), spec => spec with { CgroupParent = "/pisahpc" } },
    };

    [Fact]
    public void Every_member_is_looked_at()
    {
        string[] elsewhere = [nameof(ContainerSpec.Name), nameof(ContainerSpec.Image), nameof(ContainerSpec.Environment), nameof(ContainerSpec.Labels)];
        Assert.Equal(
            typeof(ContainerSpec).GetProperties().Select(member => member.Name).Order(StringComparer.Ordinal),
            Members.Select(row => (string)row[0]).Concat(elsewhere).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task What_was_asked_for_is_what_is_read_back(string member, Func<ContainerSpec, ContainerSpec> ask)
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var asked = ask(lab.Spec);
        await engine.CreateAsync(asked, None);
        var read = (await engine.SpecificationAsync(asked.Name, None))!;
        var property = typeof(ContainerSpec).GetProperty(member)!;
        Assert.NotEqual(property.GetValue(lab.Spec), property.GetValue(asked));
        Assert.Equal(property.GetValue(asked), property.GetValue(read));
    }

    [Fact]
    public async Task What_the_engine_adds_stands_beside_what_was_asked_for()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var asked = lab.Spec with
        {
            Environment = new Dictionary<string, string> { ["A"] = "b=c\nd", ["EMPTY"] = "" },
            Labels = new Dictionary<string, string>(lab.Spec.Labels) { ["of.the.test"] = "a=b c" },
        };
        var id = await engine.CreateAsync(asked, None);
        await engine.StartAsync(id, None);
        var read = (await engine.SpecificationAsync(id, None))!;
        Assert.Equal((asked.Name, asked.Image), (read.Name, read.Image));
        Assert.Superset(asked.Environment.ToHashSet(), read.Environment.ToHashSet());
        Assert.Contains("PATH", read.Environment.Keys);
        Assert.Superset(asked.Labels.ToHashSet(), read.Labels.ToHashSet());
        Assert.Equal((Lab.Node, 64 << 20), (read.Hostname, read.ShmBytes));
        Assert.Null(read.MemoryBytes);
        Assert.Null(read.Cpus);
        Assert.Null(read.Pids);
    }

    [Fact]
    public async Task A_container_that_somebody_else_made_is_read_as_far_as_there_are_words_for_it()
    {
        await using var reach = new Reach(Lab.Access);
        var node = await reach.NodeAsync();
        var name = lab.Spec.Name;
        string[] docker = ["docker", "-H", $"unix://{Lab.Access.EngineSocket}"];
        var made = await node.RunAsync(
            [.. docker, "create", "--name", name, "--label", $"{lab.Mark.Key}={lab.Mark.Value}",
             "-v", "/etc:/mnt/etc:ro,rslave", "-v", $"{name}:/mnt/volume", "--group-add", "video", "--network", "none", Lab.Image, "/bin/true"],
            default,
            None);
        Assert.True(made.ExitCode == 0, made.Error);
        var engine = await reach.EngineAsync();
        var read = (await engine.SpecificationAsync(name, None))!;
        await engine.RemoveAsync(name, None);
        await node.RunAsync([.. docker, "volume", "rm", name], default, None);
        Assert.Equal([new ContainerMount("/etc", "/mnt/etc", true, "rslave")], read.Mounts);
        Assert.Equal(["/bin/true"], read.Command);
        Assert.Equal((NetworkMode.Bridge, "", false), (read.Network, read.User, read.Init));
        Assert.Empty(read.Groups);
    }

    [Fact]
    public async Task No_container_has_no_specification()
    {
        await using var reach = new Reach(Lab.Access);
        Assert.Null(await (await reach.EngineAsync()).SpecificationAsync("nonesuch", None));
    }
}
