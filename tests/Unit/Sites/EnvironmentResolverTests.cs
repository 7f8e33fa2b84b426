using PisaHpc.Engines;
using PisaHpc.Sites;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Sites;

public sealed class EnvironmentResolverTests
{
    private const string Layers = """
        registry: registry.lab:5000
        defaults:
          network: bridge
          mounts: [ /etc/resolv.conf, { source: /cvmfs, optional: true } ]
          limits: { memlock: unlimited, shm: 8g }
          variables: { A: site, B: site, C: site, D: site }
        environments:
          e:
            image: pisa/e:1
            aliases: [ docker-e ]
            mounts: [ /e ]
            limits: { shm: 1g }
            variables: { C: environment, D: environment }
          f: { image: other.example/f:1, mounts: !replace [ /f ] }
        queues:
          hpc:
            environment: docker-e
            mounts: [ /q, { source: /other/cvmfs, target: /cvmfs } ]
            limits: { shm: 2g, memlock: 64m }
            variables: { B: queue, C: queue, D: queue }
          plain: {}
        """;

    private static readonly EnvironmentLayer Parameters = new()
    {
        Layer = "parameter",
        Mounts = Setting.Appending(new MountDefinition { Source = "/p", Target = "/p" }),
        Variables = new Dictionary<string, Setting<string>> { ["D"] = Setting.Of("parameter") },
    };

    [Fact]
    public void Later_layers_win_and_built_in_values_stand_below()
    {
        var environment = SiteText.Resolve(Layers, "e", "hpc");

        Assert.Equal(nameof(NetworkMode.Bridge), environment.Network);
        Assert.Equal(1L << 30, environment.Limits.ShmBytes);
        Assert.Equal(64L << 20, environment.Limits.MemlockBytes);
        Assert.True(environment.Init);
        Assert.Equal(60, environment.ReadyTimeoutSec);
        Assert.Equal(["docker-e"], environment.Aliases);
    }

    [Fact]
    public void Maps_merge_by_key_over_all_layers()
    {
        var environment = SiteText.Resolve(Layers, "e", "hpc", Parameters);

        Assert.Equal(
            new Dictionary<string, string> { ["A"] = "site", ["B"] = "queue", ["C"] = "environment", ["D"] = "parameter" }, environment.Variables);
    }

    [Fact]
    public void Rules_for_a_users_variables_are_kept_in_order_the_higher_layers_last()
    {
        var environment = SiteText.Resolve(
            """
            defaults:
              userVariables: { PATH: keep, SECRET_*: drop, BASH_FUNC_m%%: keep }
            environments:
              e:
                image: e:1
                userVariables: { SECRET_OK: keep, PATH: drop }
            """);

        Assert.Equal(
            [new("SECRET_*", Keep: false), new("BASH_FUNC_m%%", Keep: true), new("SECRET_OK", Keep: true), new("PATH", Keep: false)],
            environment.UserVariables);
        Assert.Equal(("drop", "environment e", 6), OriginOf("userVariables[PATH]"));
        Assert.Equal(("keep", "site defaults", 2), OriginOf("userVariables[BASH_FUNC_m%%]"));
        Assert.Equal(("ssh", "built-in", 0), OriginOf("access"));

        (string, string, int) OriginOf(string option) => environment.OriginOf(option) is { } origin
            ? (origin.Value, origin.Layer, origin.Line)
            : default;
    }

    [Fact]
    public void Lists_append_and_a_mount_for_a_known_target_takes_its_place()
    {
        var environment = SiteText.Resolve(Layers, "e", "hpc", Parameters);

        Assert.Equal(["/etc/resolv.conf", "/other/cvmfs", "/q", "/e", "/p"], environment.Mounts.Select(mount => mount.Source));
        Assert.False(environment.Mounts[1].Optional);
    }

    [Fact]
    public void A_replacing_list_forgets_the_layers_below()
    {
        Assert.Equal(["/f"], SiteText.Resolve(Layers, "f", "hpc").Mounts.Select(mount => mount.Source));
        Assert.Equal(["/f", "/p"], SiteText.Resolve(Layers, "f", "hpc", Parameters).Mounts.Select(mount => mount.Source));
    }

    [Fact]
    public void Without_a_name_the_queue_decides()
    {
        Assert.Equal("e", SiteText.Resolve(Layers, null, "hpc").Name);
    }

    [Fact]
    public void A_queue_that_the_site_does_not_define_adds_nothing()
    {
        Assert.Equal(-1, SiteText.Resolve(Layers, "e", "long").Limits.MemlockBytes);
    }

    [Theory]
    [InlineData("e")]
    [InlineData("E")]
    [InlineData("docker-e")]
    [InlineData("Docker-E")]
    public void Names_and_aliases_are_found_in_any_case(string name)
    {
        Assert.Equal("e", SiteText.Resolve(Layers, name).Name);
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_names_the_known_ones_closest_first()
    {
        var failure = Assert.Throws<HpcException>(() => SiteText.Resolve(Layers, "docker-f"));

        Assert.Equal(ErrorId.EnvironmentNotFound, failure.Id);
        Assert.Equal("docker-f", failure.Target);
        Assert.Equal($"Environment 'docker-f' is not defined in {SiteText.File}. Known: docker-e, e, f.", failure.Message);
    }

    [Theory]
    [InlineData(null, "No environment was named, and no queue gives one by default. Queues with a default: hpc.")]
    [InlineData("plain", $"No environment was named, and queue 'plain' has no default in {SiteText.File}. Queues with a default: hpc.")]
    [InlineData("long", $"No environment was named, and queue 'long' has no default in {SiteText.File}. Queues with a default: hpc.")]
    public void Without_a_name_and_without_a_default_there_is_no_environment(string? queue, string message)
    {
        var failure = Assert.Throws<HpcException>(() => SiteText.Resolve(Layers, null, queue));

        Assert.Equal(ErrorId.EnvironmentNotFound, failure.Id);
        Assert.Equal(message, failure.Message);
    }

    [Theory]
    [InlineData("pisa/hpc:deb12", "registry.lab:5000/pisa/hpc:deb12")]
    [InlineData("debian:12", "registry.lab:5000/debian:12")]
    [InlineData("other.example/hpc:1", "other.example/hpc:1")]
    [InlineData("other:5000/hpc", "other:5000/hpc")]
    [InlineData("localhost/hpc", "localhost/hpc")]
    public void The_registry_comes_before_an_image_that_names_none(string image, string expected)
    {
        var yaml = $"registry: registry.lab:5000\nenvironments: {{ e: {{ image: '{image}' }} }}";

        Assert.Equal(expected, SiteText.Resolve(yaml).Image);
    }

    [Fact]
    public void An_image_of_the_parameters_that_is_no_reference_is_an_error()
    {
        var parameters = new EnvironmentLayer { Layer = "parameter", Image = Setting.Of("Pisa/HPC") };
        var failure = Assert.Throws<HpcException>(() => SiteText.Resolve(Layers, "e", null, parameters));

        Assert.Equal((ErrorId.InvalidValue, "Pisa/HPC"), (failure.Id, failure.Target));
    }

    [Fact]
    public void A_limit_of_memory_lifts_a_lower_layer_s_limit_of_the_other_kind()
    {
        const string Site = """
            defaults: { image: x/y:1, limits: { memoryPerSlot: 2g } }
            environments: { e: {}, whole: { limits: { memory: 64g } } }
            queues: { big: { limits: { memory: 128g } } }
            """;

        Assert.Equal((null, 2L << 30), Memory(SiteText.Resolve(Site)));
        Assert.Equal((128L << 30, null), Memory(SiteText.Resolve(Site, "e", "big")));
        Assert.Equal((64L << 30, null), Memory(SiteText.Resolve(Site, "whole", "big")));

        static (long?, long?) Memory(HpcEnvironment environment) => (environment.Limits.MemoryBytes, environment.Limits.MemoryPerSlotBytes);
    }

    [Fact]
    public void An_image_may_come_from_the_defaults()
    {
        Assert.Equal("x/y:1", SiteText.Resolve("defaults: { image: x/y:1 }\nenvironments: { e: {} }").Image);
    }

    [Theory]
    [InlineData("", "all")]
    [InlineData("devices: none", "none")]
    [InlineData("devices: [ mlx5_0 ]", "mlx5_0")]
    public void Devices_by_name_take_the_place_of_a_word(string devices, string expected)
    {
        Assert.Equal([expected], SiteText.Resolve($"environments:\n  e:\n    image: x/y:1\n    {devices}").Devices);
    }

    [Fact]
    public void Devices_by_name_append_to_names_and_a_word_takes_the_place_of_all()
    {
        const string Site = """
            defaults: { image: x/y:1, devices: [ mlx5_0 ] }
            environments: { two: { devices: [ mlx5_1 ] }, none: { devices: none } }
            """;

        Assert.Equal(["mlx5_0", "mlx5_1"], SiteText.Resolve(Site, "two").Devices);
        Assert.Equal(["none"], SiteText.Resolve(Site, "none").Devices);
    }

    [Fact]
    public void A_security_option_takes_the_place_of_one_of_its_kind()
    {
        const string Site = """
            defaults: { image: x/y:1, securityOptions: [ seccomp=a.json, 'label=user:u' ] }
            environments: { e: { securityOptions: [ seccomp=unconfined, 'label=role:r', 'no-new-privileges:false' ] } }
            """;

        Assert.Equal(["no-new-privileges:false", "seccomp=unconfined", "label=user:u", "label=role:r"], SiteText.Resolve(Site).SecurityOptions);
    }
}
