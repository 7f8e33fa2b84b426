using PisaHpc.Audit;
using PisaHpc.Unit.Environments;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Audit;

/// <summary>What a site definition describes and what a plan holds, as an audit sees it.</summary>
public sealed class DescribedContainersTests
{
    private const string Definition = """
        portArea: { path: /ports, first: 22000, last: 22999 }
        defaults: { limits: { pids: 4096 } }
        environments:
          clean: { image: 'x/y@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', limits: { memory: 1g }, network: bridge, access: agent }
          open: { image: x/y:1, privileged: true, mounts: [ /gpfs ] }
        queues:
          plain: { environment: clean }
          hpc: { environment: clean, capabilities: [ SYS_ADMIN ] }
        static:
          cs7: { environment: clean, nodes: o2wn01, port: 2201, network: host }
          init: { environment: clean, nodes: o2wn01, port: 2202, imageInit: /usr/sbin/init }

        """;

    private static readonly Dictionary<string, IReadOnlyList<HpcContainerFinding>> Findings = Examine(Definition);

    [Fact]
    public void Environments_queues_with_settings_of_their_own_and_static_environments() => Assert.Equal(
        ["Environment clean", "Environment open", "Queue hpc", "Static cs7", "Static init"], Findings.Keys);

    [Fact]
    public void One_that_gives_nothing_away_has_no_finding() => Assert.Empty(Findings["Environment clean"]);

    [Fact]
    public void What_a_setting_opens_is_told_with_the_place_that_set_it()
    {
        var open = Findings["Environment open"].ToDictionary(finding => finding.Check);
        Assert.Equal(["ImageDigest", "MemoryLimit", "OpenPorts", "Privileged", "WritablePaths"], open.Keys.Order());
        Assert.EndsWith("(environment open, line 5)", open["Privileged"].Evidence, StringComparison.Ordinal);
        Assert.Equal("writable: /gpfs (environment open, line 5)", open["WritablePaths"].Evidence);
        Assert.Contains("a port from 22000 to 22999", open["OpenPorts"].Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_queue_s_own_settings_are_seen() => Assert.Equal(["Capabilities Error"], Words("Queue hpc"));

    [Fact]
    public void The_sshd_of_a_static_environment_is_root_s_and_an_image_s_own_init_has_what_engines_give() => Assert.Multiple(
        () => Assert.Equal(["SensitivePaths Notice", "RootUser Notice", "OpenPorts Notice"], Words("Static cs7")),
        () => Assert.Equal(
            ["Capabilities Notice", "SensitivePaths Notice", "RootUser Warning", "OpenPorts Warning"], Words("Static init")));

    [Fact]
    public async Task A_plan_has_what_its_description_has_and_the_digest_that_was_found()
    {
        var cluster = new StaticCluster(StaticCluster.Declared);
        cluster.Nodes.RegistryDigests["registry.lab:5000/pisa/hpc:deb12"] = Audited.Digest;
        var plan = AuditedContainer.Of(await cluster.PlanOneAsync(), cluster.Site);
        var described = DescribedContainers.Of(cluster.Site).Single(one => one.Kind == AuditedKind.Static);
        Assert.Equal(("o2wn01", "cs7", "debian12"), (plan.Node, plan.Static, plan.Environment));
        Assert.Equal(
            Words(described).Except(["ImageDigest Notice"]), Words(plan).Except(["ImageDigest Warning"]));
    }

    private static IEnumerable<string> Words(string name) => Findings[name].Select(finding => $"{finding.Check} {finding.Severity}");

    private static IEnumerable<string> Words(AuditedContainer container) =>
        new ContainerAudit(new(), ContainerChecks.All, default).Examine(container).Select(finding => $"{finding.Check} {finding.Severity}");

    private static Dictionary<string, IReadOnlyList<HpcContainerFinding>> Examine(string yaml)
    {
        var site = SiteText.Read(yaml);
        var audit = new ContainerAudit(site, ContainerChecks.All, default);
        return DescribedContainers.Of(site).ToDictionary(container => $"{container.Kind} {container.Name}", audit.Examine);
    }
}
