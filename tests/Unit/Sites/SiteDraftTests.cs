using PisaHpc.Adapters.Yaml;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Sites;

/// <summary>The first definition that New-HpcSite writes, as it is read back.</summary>
public sealed class SiteDraftTests
{
    private const string File = "/etc/pisahpc/site.yaml";

    private static readonly SiteDraft Draft = new()
    {
        Nodes = ["o2wn01", "o2wn02", "gpu1"],
        Registry = "registry.cluster:5000",
        PortArea = "/gpfs/pisahpc/ports",
        FirstPort = 22000,
        LastPort = 22999,
        Environments = [new("debian12", "pisa/hpc:deb12"), new("cs7", "pisa/cs7:2024.11")],
        User = "root",
        Keys = [],
        KnownHosts = "known_hosts",
        Mounts = ["/etc/resolv.conf", "/gpfs"],
    };

    [Fact]
    public void It_says_what_it_was_made_of()
    {
        var site = SiteReader.Read(File, Draft.ToYaml());
        Assert.Equal("registry.cluster:5000", site.Registry);
        Assert.Equal(("/gpfs/pisahpc/ports", 22000, 22999), (site.PortArea!.Path, site.PortArea.First, site.PortArea.Last));
        Assert.Equal(["o2wn[01-02],gpu1"], site.Nodes.Names);
        Assert.Equal(["/etc/pisahpc/known_hosts"], site.Nodes.KnownHosts);
        Assert.Equal("root", site.Nodes.User);
        Assert.Equal(["cs7", "debian12"], site.Environments.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Another_port_of_the_nodes_sshd_is_said_and_the_usual_one_is_not()
    {
        Assert.Equal(2222, SiteReader.Read(File, (Draft with { SshPort = 2222 }).ToYaml()).Nodes.Port);
        Assert.DoesNotContain("port: 22\n", Draft.ToYaml(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_has_nothing_that_an_admin_should_know_of_but_that_no_host_key_is_there_yet()
    {
        var finding = Assert.Single(SiteAudit.Examine(SiteReader.Read(File, Draft.ToYaml()), new EphemeralPorts(32768, 60999)));
        Assert.Contains("/etc/pisahpc/known_hosts does not exist", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("it's # a: {user}")]
    [InlineData("yes")]
    [InlineData("0123")]
    [InlineData("- a")]
    public void A_text_is_one_whatever_YAML_would_make_of_it(string text)
    {
        var site = SiteReader.Read(File, (Draft with { Keys = [text, "/b"] }).ToYaml());
        Assert.Equal([$"/etc/pisahpc/{text}", "/b"], site.Nodes.Keys);
    }

    [Theory]
    [InlineData("debian12=pisa/hpc:deb12", "debian12", "pisa/hpc:deb12")]
    [InlineData("pisa/hpc:deb12", "hpc-deb12", "pisa/hpc:deb12")]
    [InlineData("registry.cluster:5000/pisa/tools", "tools", "registry.cluster:5000/pisa/tools")]
    [InlineData("pisa/tools:latest", "tools", "pisa/tools:latest")]
    public void An_environment_is_named_after_its_image_where_nobody_names_it(string text, string name, string image) =>
        Assert.Equal(new(name, image), SiteDraft.EnvironmentOf(text));

    [Fact]
    public void What_is_no_image_is_refused() =>
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => SiteDraft.EnvironmentOf("debian12=Not An Image")).Id);

    [Fact]
    public void What_makes_no_definition_is_refused_with_its_line()
    {
        var failure = Assert.Throws<HpcException>(() => SiteReader.Read(File, (Draft with { FirstPort = 30000 }).ToYaml()));
        Assert.Equal(ErrorId.SiteInvalid, failure.Id);
        Assert.StartsWith($"{File}:6:", failure.Message, StringComparison.Ordinal);
    }
}
