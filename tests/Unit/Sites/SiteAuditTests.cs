using PisaHpc.Adapters.Yaml;
using PisaHpc.Sites;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Sites;

/// <summary>Warnings about definitions that work, and what is no reason to warn.</summary>
public sealed class SiteAuditTests
{
    private static readonly EphemeralPorts Ephemeral = new(32768, 60999);

    [Theory]
    [InlineData("privileged: true", "Privileged", "environment e: the container is privileged")]
    [InlineData("image: x/y", "MovingImage", "environment e: image 'x/y' has no tag of its own")]
    [InlineData("image: x/y:latest", "MovingImage", "environment e: image 'x/y:latest' has no tag of its own")]
    [InlineData("mounts: [ /var/run/docker.sock ]", "EngineSocket", "mount /var/run/docker.sock brings the engine's socket")]
    [InlineData("mounts: [ /run ]", "EngineSocket", "mount /run brings the engine's socket /run/docker.sock in")]
    [InlineData("mounts: [ '/:/host' ]", "EngineSocket", "mount / brings the engine's socket")]
    [InlineData("capabilities: [ SYS_ADMIN ]", "PowerfulCapability", "capability SYS_ADMIN is as good as root")]
    [InlineData("securityOptions: !replace [ seccomp=unconfined ]", "NewPrivileges", "without no-new-privileges")]
    [InlineData("securityOptions: [ 'no-new-privileges:false' ]", "NewPrivileges", "without no-new-privileges")]
    [InlineData("variables: { OMPI_MCA_plm_rsh_args: '-o StrictHostKeyChecking=no' }", "HostKeysUnchecked", "variable OMPI_MCA_plm_rsh_args turns")]
    public void An_environment_that_opens_the_node_is_named_with_its_line(string setting, string rule, string message)
    {
        var image = setting.StartsWith("image", StringComparison.Ordinal) ? "" : "    image: x/y:1\n";
        var finding = Assert.Single(Examine($"environments:\n  e:\n    {setting}\n{image}"));

        Assert.Equal((nameof(FindingSeverity.Warning), rule, SiteText.File, 3), (finding.Severity, finding.Rule, finding.File, finding.Line));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("privileged: false")]
    [InlineData("image: x/y@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("image: x/y:1")]
    [InlineData("mounts: [ /run/pisahpc, /runs, /var/lib ]")]
    [InlineData("capabilities: [ SYS_PTRACE ]")]
    [InlineData("securityOptions: [ seccomp=unconfined ]")]
    [InlineData("securityOptions: !replace [ no-new-privileges, seccomp=unconfined ]")]
    [InlineData("variables: { RSH: 'ssh -o StrictHostKeyChecking=yes' }")]
    public void What_does_not_is_not_named(string setting)
    {
        var image = setting.StartsWith("image", StringComparison.Ordinal) ? "" : "    image: x/y:1\n";
        Assert.Empty(Examine($"environments:\n  e:\n    {setting}\n{image}"));
    }

    [Fact]
    public void Defaults_and_queues_are_looked_over_too()
    {
        var findings = Examine("defaults: { privileged: true }\nqueues:\n  q: { privileged: true }");

        Assert.Equal(["site defaults: ", "queue q: "], findings.Select(finding => finding.Message[..(finding.Message.IndexOf(':', StringComparison.Ordinal) + 2)]));
        Assert.Equal([1, 3], findings.Select(finding => finding.Line));
    }

    [Theory]
    [InlineData(22000, 22999, false)]
    [InlineData(22000, 32767, false)]
    [InlineData(22000, 32768, true)]
    [InlineData(40000, 41000, true)]
    [InlineData(60999, 61500, true)]
    [InlineData(61000, 61500, false)]
    public void Ports_that_the_kernel_gives_away_are_named(int first, int last, bool named)
    {
        var findings = Examine($"portArea: {{ path: /p, first: {first}, last: {last} }}");

        Assert.Equal(named ? ["EphemeralPorts"] : [], findings.Select(finding => finding.Rule));
        Assert.Empty(SiteAudit.Examine(SiteText.Read($"portArea: {{ path: /p, first: {first}, last: {last} }}"), ephemeral: null));
    }

    [Fact]
    public void The_kernel_s_range_is_read()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "32768\t60999\n");
            Assert.Equal(Ephemeral, EphemeralPorts.Read(file));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Null(EphemeralPorts.Read(file));
    }

    [Fact]
    public void Files_that_are_missing_and_an_ssh_config_that_checks_nothing_are_named()
    {
        var directory = Directory.CreateTempSubdirectory("pisahpc-audit").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "ssh_config"), "Host *\n  # StrictHostKeyChecking no\n  stricthostkeychecking no\n  UserKnownHostsFile /dev/null\n");
            var (site, errors) = SiteReader.Examine(Path.Combine(directory, "site.yaml"), "nodes:\n  ssh:\n    keys: [ id ]\n    config: ssh_config");
            var findings = SiteAudit.Examine(site!, Ephemeral);

            Assert.Empty(errors);
            var config = Path.Combine(directory, "ssh_config");
            Assert.Equal(
                [("FileMissing", 3, 5), ("HostKeysUnchecked", 3, 3), ("HostKeysUnchecked", 4, 3)],
                findings.OrderBy(finding => finding.Rule).Select(finding => (finding.Rule, finding.Line, finding.Column)));
            Assert.Equal([config, config], findings.Where(finding => finding.Rule == "HostKeysUnchecked").Select(finding => finding.File));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static IReadOnlyList<SiteFinding> Examine(string yaml) => SiteAudit.Examine(SiteText.Read(yaml), Ephemeral);
}
