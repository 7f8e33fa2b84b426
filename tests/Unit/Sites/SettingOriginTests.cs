using PisaHpc.Adapters.Yaml;
using PisaHpc.Sites;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Sites;

/// <summary>Explain: which layer set what.</summary>
public sealed class SettingOriginTests
{
    private const string Yaml = """
        registry: registry.lab:5000
        defaults:
          mounts: [ /etc/resolv.conf, /cvmfs ]
          limits: { shm: 8g, memlock: host }
          variables: { A: 1 }
        environments:
          e:
            image: pisa/e:1
            mounts: [ '/other:/cvmfs:ro' ]
            capabilities: [ SYS_PTRACE ]
            deviceFiles: [ /dev/knem, { path: /dev/xpmem, optional: true } ]
        queues:
          q: { limits: { shm: 16g, fromJob: required } }
        """;

    [Theory]
    [InlineData("image", "registry.lab:5000/pisa/e:1", "environment e", 8)]
    [InlineData("registry", "registry.lab:5000", "site", 1)]
    [InlineData("mpi", "openmpi", "built-in", 0)]
    [InlineData("network", "host", "built-in", 0)]
    [InlineData("hostname", "the node's", "built-in", 0)]
    [InlineData("mpiNetwork", "the node's", "built-in", 0)]
    [InlineData("mounts[/etc/resolv.conf]", "/etc/resolv.conf:/etc/resolv.conf:rw", "site defaults", 3)]
    [InlineData("mounts[/cvmfs]", "/other:/cvmfs:ro", "environment e", 9)]
    [InlineData("limits.memlock", "host", "site defaults", 4)]
    [InlineData("limits.shm", "16g", "queue q", 13)]
    [InlineData("limits.memory", "64g", "parameter", 0)]
    [InlineData("limits.memoryPerSlot", "unlimited", "parameter", 0)]
    [InlineData("limits.cpus", "slots", "built-in", 0)]
    [InlineData("limits.fromJob", "required", "queue q", 13)]
    [InlineData("limits.openFiles", "65536", "built-in", 0)]
    [InlineData("limits.pids", "unlimited", "built-in", 0)]
    [InlineData("devices[all]", "all", "built-in", 0)]
    [InlineData("deviceFiles[/dev/knem]", "/dev/knem", "environment e", 11)]
    [InlineData("deviceFiles[/dev/xpmem]", "/dev/xpmem:optional", "environment e", 11)]
    [InlineData("capabilities[SYS_PTRACE]", "SYS_PTRACE", "environment e", 10)]
    [InlineData("securityOptions[no-new-privileges]", "no-new-privileges", "built-in", 0)]
    [InlineData("variables[A]", "1", "site defaults", 5)]
    [InlineData("init", "true", "built-in", 0)]
    [InlineData("privileged", "false", "built-in", 0)]
    [InlineData("sshd", "/usr/sbin/sshd", "built-in", 0)]
    [InlineData("readyTimeout", "1m", "built-in", 0)]
    public void Every_option_has_its_layer_file_and_line(string option, string value, string layer, int line)
    {
        var origin = Resolve().OriginOf(option);

        Assert.NotNull(origin);
        Assert.Equal((value, layer, line == 0 ? null : SiteText.File, line), (origin.Value, origin.Layer, origin.File, origin.Line));
    }

    [Fact]
    public void No_option_is_told_twice_and_every_key_of_the_table_is_told()
    {
        var options = Resolve().Origins.Select(origin => origin.Option).ToList();

        Assert.Equal(options.Distinct(), options);
        Assert.All(SettingsSchema.Keys, key => Assert.Contains(options, option => option.Split('.', '[')[0] == key.Name));
    }

    [Fact]
    public void A_list_that_a_layer_emptied_says_which()
    {
        var environment = SiteText.Resolve("environments:\n  e:\n    image: x/y:1\n    securityOptions: !replace []");

        Assert.Equal(new SettingOrigin("securityOptions", "none", "environment e", SiteText.File, 4), environment.OriginOf("securityOptions"));
        Assert.Equal(new SettingOrigin("mounts", "none", "built-in"), environment.OriginOf("mounts"));
    }

    [Fact]
    public void An_image_with_a_registry_of_its_own_owes_nothing_to_the_site_s()
    {
        Assert.Null(SiteText.Resolve("registry: a.b\nenvironments: { e: { image: c.d/x:1 } }").OriginOf("registry"));
    }

    [Theory]
    [InlineData("limits.shm", $"queue q ({SiteText.File}:13)")]
    [InlineData("init", "built-in")]
    public void An_origin_in_words(string option, string expected) => Assert.Equal(expected, Resolve().OriginOf(option)!.ToString());

    private static HpcEnvironment Resolve() => SiteText.Resolve(
        Yaml, "e", "q", new EnvironmentLayer { Layer = "parameter", Limits = new LimitSettings { Memory = Setting.Of<long?>(64L << 30) } });
}
