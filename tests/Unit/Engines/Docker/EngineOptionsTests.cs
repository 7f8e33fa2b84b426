using PisaHpc.Engines;
using PisaHpc.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>The options of a running engine, and what is not written because one says it already.</summary>
public sealed class EngineOptionsTests
{
    [Fact]
    public void Options_stand_against_keys_that_say_the_same()
    {
        var wanted = Wanted("{}", new EngineSettings { RegistryIsInsecure = true }, EngineOptions.None);
        var options = Parse("--insecure-registry", "other:5000", "--data-root=/x", "--default-ulimit", "nofile=1:1", "--label=rack=7");
        Assert.Equal(["--insecure-registry (insecure-registries)"], options.Conflicts(wanted));
        Assert.Equal(
            ["--insecure-registry (insecure-registries)", "--label (labels)"],
            options.Conflicts(WantedConfiguration.OnTrial(wanted, "ab12")));
        Assert.Empty(Parse("--data-root", "/x").Conflicts(wanted));
    }

    [Theory]
    [InlineData("--live-restore")]
    [InlineData("--live-restore=true")]
    [InlineData("--log-opt", "max-size=20m", "--log-opt=max-file=5")]
    [InlineData("--default-ulimit", "memlock=-1:-1")]
    [InlineData("--insecure-registry=registry.lab:5000")]
    [InlineData("--insecure-registry", "http://registry.lab:5000")]
    public void What_an_option_says_already_is_not_written(params string[] arguments)
    {
        var settings = new EngineSettings { RegistryIsInsecure = true, MemlockBytes = -1, LiveRestore = true, LogSizeBytes = 20 << 20, LogFiles = 5 };
        var options = Parse(arguments);
        Assert.Empty(options.Conflicts(Wanted("{}", settings, options)));
        Assert.NotEmpty(options.Conflicts(Wanted("{}", settings, EngineOptions.None)));
    }

    [Fact]
    public void Built_in_values_yield_to_an_option()
    {
        var options = Parse("--live-restore=false", "--log-opt", "max-size=1g");
        Assert.True(Wanted("{}", new EngineSettings(), options).SaysTheSame(DaemonConfiguration.Parse("o2wn01", "daemon.json", "{}")));
    }

    [Fact]
    public void An_option_that_says_another_thing_than_the_site_stands_against_it()
    {
        var options = Parse("--live-restore=false", "--insecure-registry", "registry.lab:5000");
        Assert.Equal(
            ["--live-restore (live-restore)", "--insecure-registry (insecure-registries)"],
            options.Conflicts(Wanted("{}", new EngineSettings { LiveRestore = true, RegistryIsInsecure = false }, options)));
    }

    [Fact]
    public void What_keeps_containers_and_what_gives_back_says_nothing_that_an_option_says()
    {
        var options = Parse("--live-restore", "--insecure-registry", "registry.lab:5000", "--label", "rack=7");
        var empty = DaemonConfiguration.Parse("o2wn01", "daemon.json", "{}");
        Assert.True(WantedConfiguration.KeepingContainers(empty, options).SaysTheSame(empty));
        Assert.True(WantedConfiguration.GivingBack(empty, liveRestore: true, options).SaysTheSame(empty));
    }

    private static EngineOptions Parse(params string[] arguments) => EngineOptions.Parse(["/usr/sbin/dockerd", "-H", "fd://", .. arguments]);

    private static DaemonConfiguration Wanted(string text, EngineSettings settings, EngineOptions options) => WantedConfiguration.Of(
        DaemonConfiguration.Parse("o2wn01", "daemon.json", text),
        settings,
        "registry.lab:5000",
        "json-file",
        options,
        isInSwarm: false);
}
