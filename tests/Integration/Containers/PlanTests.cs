using System.Text.Json;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Containers;

[Collection(LabTests.Name)]
public sealed class PlanTests(LabFixture lab) : IDisposable
{
    private const string Compose =
        """
        $port = $allocation | New-JobPort
        $ssh = $port | New-JobSshConfig -Allocation $allocation
        $plans = @($allocation | New-HpcContainerPlan -Environment debian12 -SshConfig $ssh -ShmSize 128m -Memory 512m -Variable @{ OMP_NUM_THREADS = 2 })
        """;

    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task What_the_engine_holds_is_what_the_plan_said()
    {
        await using var job = new LabJob(_shell, lab, "plan");
        var objects = job.Run(Compose + "; $plans; $plans | Start-HpcContainer").Succeeded().Objects;
        Assert.Equal(4, objects.Count);

        for (var i = 0; i < 2; i++)
        {
            dynamic plan = objects[i];
            Assert.Equal("HpcContainerPlan", objects[i].BaseObject.GetType().Name);
            var node = lab.Nodes.Single(node => node.Name == (string)plan.Node);
            var inspected = await node.DockerAsync("inspect", (string)plan.Name);
            AssertAgrees(plan, JsonDocument.Parse(inspected.EndedWith(0).Output).RootElement[0]);
        }
    }

    [Fact]
    public async Task An_option_says_which_layer_or_object_set_it()
    {
        await using var job = new LabJob(_shell, lab, "origin");

        dynamic plan = job.Run(Compose + "; $plans[0]").Single();
        var origins = ((IEnumerable<dynamic>)plan.Options).ToLookup(option => (string)option.Name, option => (string)option.Origin);
        Assert.StartsWith("environment debian12 (", origins["image"].Single(), StringComparison.Ordinal);
        Assert.Equal("parameter", origins["shm-size"].Single());
        Assert.Equal("owner", origins["user"].Single());
        Assert.Equal("owner", origins["env"].First()); // HOME and its like, which sessions of the agent get, too
        Assert.Contains("parameter", origins["env"]);
    }

    [Fact]
    public async Task Variables_reach_a_login_through_the_jobs_sshd()
    {
        await using var job = new LabJob(_shell, lab, "env");
        job.Run(Compose + "; $plans | Start-HpcContainer").Succeeded();

        Assert.Equal("2", (await job.LoginAsync(lab.Nodes[0], "printenv", "OMP_NUM_THREADS")).EndedWith(0).Output.Trim());
    }

    /// <summary>The plan's options and the engine's, both as sorted lines of <c>option=value</c>.</summary>
    private static void AssertAgrees(dynamic plan, JsonElement container)
    {
        var planned = new List<string>();
        foreach (dynamic option in plan.Options)
        {
            planned.Add($"{option.Name}={option.Value}");
        }

        Assert.Equal(
            planned.Where(line => !line.StartsWith("name=", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            Held(container, [.. planned]).Order(StringComparer.Ordinal));
        Assert.False(container.GetProperty("HostConfig").GetProperty("Privileged").GetBoolean());
    }

    private static IEnumerable<string> Held(JsonElement container, HashSet<string> planned)
    {
        var host = container.GetProperty("HostConfig");
        var config = container.GetProperty("Config");
        yield return $"image={config.GetProperty("Image").GetString()}";
        yield return $"user={config.GetProperty("User").GetString()}";
        yield return $"command={string.Join(' ', Strings(config.GetProperty("Entrypoint")).Concat(Strings(config.GetProperty("Cmd"))))}";
        yield return $"network={host.GetProperty("NetworkMode").GetString()}";
        yield return $"memory={host.GetProperty("Memory").GetInt64()}";
        yield return $"shm-size={host.GetProperty("ShmSize").GetInt64()}";
        yield return $"init={(host.GetProperty("Init").GetBoolean() ? "true" : "false")}";
        var many = Prefixed("group-add", Strings(host.GetProperty("GroupAdd")))
            .Concat(Prefixed("cap-drop", Strings(host.GetProperty("CapDrop"))))
            .Concat(Prefixed("cap-add", Strings(host.GetProperty("CapAdd"))))
            .Concat(Prefixed("security-opt", Strings(host.GetProperty("SecurityOpt"))))
            .Concat(Prefixed("device", Items(host.GetProperty("Devices")).Select(device => device.GetProperty("PathOnHost").GetString()!)))
            .Concat(Prefixed("ulimit", Items(host.GetProperty("Ulimits")).Select(Limit)))
            .Concat(Prefixed("volume", Items(container.GetProperty("Mounts")).Select(Volume)))
            .Concat(Prefixed("label", config.GetProperty("Labels").EnumerateObject().Where(label => !label.Name.StartsWith("pisahpc.lab.", StringComparison.Ordinal)).Select(label => $"{label.Name}={label.Value.GetString()}")))
            .Concat(Prefixed("env", Strings(config.GetProperty("Env"))).Where(planned.Contains));
        foreach (var line in many)
        {
            yield return line;
        }
    }

    private static IEnumerable<string> Prefixed(string option, IEnumerable<string> values) => values.Select(value => $"{option}={value}");

    private static string Limit(JsonElement limit) => $"{limit.GetProperty("Name").GetString()}={limit.GetProperty("Soft").GetInt64()}";

    private static string Volume(JsonElement mount) =>
        $"{mount.GetProperty("Source").GetString()}:{mount.GetProperty("Destination").GetString()}:{(mount.GetProperty("RW").GetBoolean() ? "rw" : "ro")}";

    private static IEnumerable<string> Strings(JsonElement array) => Items(array).Select(item => item.GetString()!);

    private static IEnumerable<JsonElement> Items(JsonElement array) => array.ValueKind == JsonValueKind.Null ? [] : array.EnumerateArray();
}
