using PisaHpc.Engines;
using PisaHpc.Engines.Docker;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>A site's settings come into a daemon.json, and everything that an admin wrote stays in it.</summary>
public sealed class DaemonConfigurationTests
{
    private const string File = "/etc/docker/daemon.json";

    private const string Admins = """
        {
            "data-root": "/local/docker",
            "a-key-of-next-year": { "deep": [ 1.50, null, "ü & <b>" ] },
            "insecure-registries": ["old.example:5000"],
            "log-opts": { "max-size": "100m", "tag": "{{.Name}}" },
            "default-ulimits": { "nofile": { "Name": "nofile", "Hard": 64000, "Soft": 64000 } }
        }
        """;

    [Fact]
    public void What_an_admin_wrote_stays()
    {
        var wanted = Wanted(Admins, new EngineSettings { RegistryIsInsecure = true, MemlockBytes = -1 }).ToText();
        Assert.Equal(
            """
            {
                "data-root": "/local/docker",
                "a-key-of-next-year": {
                    "deep": [
                        1.50,
                        null,
                        "ü & <b>"
                    ]
                },
                "insecure-registries": [
                    "old.example:5000",
                    "registry.lab:5000"
                ],
                "log-opts": {
                    "max-size": "100m",
                    "tag": "{{.Name}}",
                    "max-file": "3"
                },
                "default-ulimits": {
                    "nofile": {
                        "Name": "nofile",
                        "Hard": 64000,
                        "Soft": 64000
                    },
                    "memlock": {
                        "Name": "memlock",
                        "Hard": -1,
                        "Soft": -1
                    }
                },
                "live-restore": true
            }

            """,
            wanted);
    }

    [Fact]
    public void What_is_wanted_already_changes_nothing()
    {
        var settings = new EngineSettings { RegistryIsInsecure = true, MemlockBytes = 1 << 20, LogSizeBytes = 20 << 20 };
        var once = Wanted(Admins, settings);
        Assert.True(Wanted(once.ToText(), settings).SaysTheSame(once));
    }

    [Fact]
    public void An_empty_file_and_none_are_the_same()
    {
        const string Made = "{\n  \"live-restore\": true,\n  \"log-opts\": {\n    \"max-size\": \"10m\",\n    \"max-file\": \"3\"\n  }\n}\n";
        Assert.Equal(Made, Wanted(null, new EngineSettings()).ToText());
        Assert.Equal(Made, Wanted(" \n", new EngineSettings()).ToText());
    }

    [Fact]
    public void Built_in_values_yield_to_a_nodes_own_and_a_sites_do_not()
    {
        const string Own = """{ "live-restore": false, "log-opts": { "max-size": "1g", "max-file": "9" } }""";
        Assert.True(Wanted(Own, new EngineSettings()).SaysTheSame(Parse(Own)));
        var said = Wanted(Own, new EngineSettings { LiveRestore = true, LogSizeBytes = 10 << 20, LogFiles = 2 });
        Assert.True(said.SaysTheSame(Parse("""{ "live-restore": true, "log-opts": { "max-size": "10m", "max-file": "2" } }""")));
    }

    [Theory]
    [InlineData("""{ "log-driver": "journald" }""", "json-file", false)]
    [InlineData("{}", "journald", false)]
    [InlineData("{}", null, true)]
    [InlineData("""{ "log-driver": "local" }""", "json-file", true)]
    public void A_log_driver_without_files_gets_no_options_for_them(string text, string? engines, bool hasOptions) => Assert.Equal(
        hasOptions, WantedConfiguration.Of(Parse(text), new EngineSettings(), registry: null, engines, EngineOptions.None, isInSwarm: false).Has("log-opts"));

    [Fact]
    public void A_registry_that_is_no_longer_insecure_is_taken_out() => Assert.True(
        Wanted("""{ "insecure-registries": ["registry.lab:5000"], "live-restore": true }""", new EngineSettings { RegistryIsInsecure = false })
            .SaysTheSame(Wanted("""{ "live-restore": true, "insecure-registries": [] }""", new EngineSettings())));

    [Fact]
    public void What_is_given_back_by_a_signal_is_named() => Assert.True(
        WantedConfiguration.GivingBack(Parse("""{ "debug": true }"""), liveRestore: false, EngineOptions.None)
            .SaysTheSame(Parse("""{ "debug": true, "live-restore": false, "insecure-registries": [], "labels": [] }""")));

    [Theory]
    [InlineData("""{ "live-restore": true }""", true)]
    [InlineData("""{ "insecure-registries": ["x:1"], "log-opts": { "max-size": "10m", "max-file": "3" } }""", false)]
    public void Only_what_no_signal_brings_takes_a_restart(string text, bool restart) =>
        Assert.Equal(restart, WantedConfiguration.TakesRestart(Parse(text), Wanted(text, new EngineSettings())));

    [Fact]
    public void A_trial_that_was_left_is_taken_out()
    {
        var own = Parse("""{ "labels": ["rack=7"] }""");
        var tried = WantedConfiguration.OnTrial(own, "ab12");
        Assert.Equal(["pisahpc.trial=ab12"], WantedConfiguration.TrialsOf(tried.List("labels")));
        Assert.Equal(["rack=7"], Wanted(tried.ToText(), new EngineSettings()).List("labels"));
        Assert.Empty(Wanted("""{ "labels": ["pisahpc.trial=ab12"] }""", new EngineSettings()).List("labels"));
    }

    [Theory]
    [InlineData("{ \"a\": 1,\n  \"b\": tru }", "line 2, column 11")]
    [InlineData("{ \"a\": 1,\n}", "line 2, column 1")]
    [InlineData("{\n  // mine\n}", "line 2, column 3")]
    [InlineData("{ \"a\": 1", "line 1, column 9")]
    public void What_is_not_JSON_is_named_with_its_place(string text, string place)
    {
        var failure = Assert.Throws<HpcException>(() => Parse(text));
        Assert.Equal((ErrorId.EngineConfigurationInvalid, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains($"{File} on o2wn01, {place}: this is not JSON", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[ 1 ]", "holds no JSON object")]
    [InlineData("{ \"debug\": true, \"debug\": false }", "debug")]
    [InlineData("{ \"insecure-registries\": \"x\" }", "'insecure-registries' is \"x\" and not a list of texts")]
    [InlineData("{ \"live-restore\": \"yes\" }", "'live-restore' is \"yes\" and not true or false")]
    [InlineData("{ \"log-opts\": [] }", "'log-opts' is [] and not a map")]
    [InlineData("{ \"labels\": [ null ] }", "'labels' is [null] and not a list of texts")]
    [InlineData("{ \"labels\": [ 1 ] }", "'labels' is [1] and not a list of texts")]
    public void What_an_engine_would_not_take_is_named(string text, string words)
    {
        var failure = Assert.Throws<HpcException>(() => Wanted(text, new EngineSettings { RegistryIsInsecure = true, LiveRestore = true }));
        Assert.Equal(ErrorId.EngineConfigurationInvalid, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    private static DaemonConfiguration Parse(string? text) => DaemonConfiguration.Parse("o2wn01", File, text);

    private static DaemonConfiguration Wanted(string? text, EngineSettings settings) =>
        WantedConfiguration.Of(Parse(text), settings, "registry.lab:5000", "json-file", EngineOptions.None, isInSwarm: false);
}
