using PisaHpc.Engines;
using PisaHpc.Sites;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Sites;

/// <summary>Static environments as a site declares them, and what Test-HpcSite says of them.</summary>
public sealed class StaticDefinitionTests
{
    private const string Base = """
        portArea: { path: /ports, first: 22000, last: 22999 }
        nodes: { names: [ 'o2wn[01-04]' ] }
        defaults: { limits: { shm: 1g }, capabilities: [ SYS_PTRACE ] }
        environments:
          cs7: { image: pisa/cs7:1, aliases: [ centos7 ], limits: { shm: 8g } }

        """;

    [Fact]
    public void Several_stand_on_a_node_each_with_its_port_and_name()
    {
        var site = SiteText.Read(Base + """
            static:
              cs7:
                environment: centos7
                nodes: 'o2wn[01-02]'
                port: 2201
                restart: on-failure
                drain: { batch: true }
                imageInit: /usr/sbin/init
                logins: { groups: [ hpc, stage ], users: alice, by: [ key, hostbased ], accounts: sssd }
              cs7-test: { environment: cs7, nodes: [ o2wn02, 'o2wn[02-03]' ], port: 2202, logins: { users: alice } }
            staticDirectory: '/gpfs/keys/{node}'
            """);

        var first = site.StaticNamed("cs7");
        Assert.Equal(("cs7", "centos7", 2201, RestartPolicy.OnFailure, "/usr/sbin/init"), (first.Name, first.Environment, first.Port, first.Restart, first.ImageInit));
        Assert.Equal(["hpc", "stage"], first.Logins.Groups);
        Assert.Equal(["alice"], first.Logins.Users);
        Assert.Equal([LoginProof.Key, LoginProof.HostBased], first.Logins.By);
        Assert.Equal((AccountSource.Sssd, true), (first.Logins.Accounts, first.Drain.Batch));
        var second = site.StaticNamed("cs7-test");
        Assert.Equal(["o2wn02", "o2wn03"], second.NodeNames());
        Assert.Equal((RestartPolicy.UnlessStopped, AccountSource.Files), (second.Restart, second.Logins.Accounts));
        Assert.Equal([LoginProof.Key], second.Logins.By);
        Assert.False(second.Drain.Batch);
        Assert.Equal("/gpfs/keys/{node}", site.StaticDirectory);
        Assert.Empty(SiteAudit.Examine(site, new EphemeralPorts(32768, 60999)));
    }

    [Fact]
    public void Its_own_settings_are_the_layer_above_the_environment_s_and_each_keeps_its_origin()
    {
        var site = SiteText.Read(Base + "static:\n  cs7: { environment: cs7, nodes: o2wn01, port: 2201, capabilities: [ SYS_ADMIN ], hostname: '{job}' }");
        var environment = EnvironmentResolver.Resolve(site, site.StaticNamed("cs7"));

        Assert.Equal(("cs7", 8L << 30, "{job}"), (environment.Name, environment.Limits.ShmBytes, environment.Hostname));
        Assert.Equal(["SYS_PTRACE", "SYS_ADMIN"], environment.Capabilities);
        Assert.Equal("static cs7 (/etc/pisahpc/site.yaml:7)", environment.OriginOf("capabilities[SYS_ADMIN]")!.ToString());
        Assert.Equal("environment cs7", environment.OriginOf("limits.shm")!.Layer);
        Assert.Equal("site defaults", environment.OriginOf("capabilities[SYS_PTRACE]")!.Layer);
    }

    [Theory]
    [InlineData("{ environment: cs7, nodes: o2wn01, port: 2201 }\n  b: { environment: cs7, nodes: 'o2wn[01-02]', port: 2201 }", "Error", "StaticPortTaken", 8, "port 2201 is that of static environment a on o2wn01")]
    [InlineData("{ environment: cs7, nodes: o2wn01, port: 22 }", "Error", "StaticPortTaken", 7, "that of the nodes' own sshd")]
    [InlineData("{ environment: cs7, nodes: o2wn01, port: 22042 }", "Warning", "StaticPortInArea", 7, "in the port area, 22000 to 22999")]
    [InlineData("{ environment: cs7, nodes: o2wn01, port: 40000 }", "Warning", "EphemeralPorts", 7, "port 40000 is among 32768 to 60999")]
    [InlineData("{ environment: cs7, nodes: 'o2wn[04-06]', port: 2201 }", "Warning", "StaticNodeUnknown", 7, "o2wn[05-06] are not among nodes.names")]
    [InlineData("{ environment: cs7, nodes: o2wn01, port: 2201, privileged: true }", "Warning", "Privileged", 7, "static a: the container is privileged")]
    public void What_cannot_go_well_is_found_with_its_line(string definition, string severity, string rule, int line, string message)
    {
        var site = SiteText.Read($"{Base}static:\n  a: {definition}");
        var finding = Assert.Single(
            SiteAudit.Examine(site, new EphemeralPorts(32768, 60999)), finding => finding.Rule != "StaticLoginsOpen");

        Assert.Equal((severity, rule, line), (finding.Severity, finding.Rule, finding.Line));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    /// <summary>The nodes' own sshd may let fewer in: its PAM may ask who has a job there.</summary>
    [Theory]
    [InlineData("", true)]
    [InlineData(", logins: { by: hostbased }", true)]
    [InlineData(", logins: { groups: hpc }", false)]
    [InlineData(", logins: { users: alice }", false)]
    public void One_that_names_neither_groups_nor_users_is_found(string logins, bool found)
    {
        var site = SiteText.Read($"{Base}static:\n  a: {{ environment: cs7, nodes: o2wn01, port: 2201{logins} }}");
        var findings = SiteAudit.Examine(site, ephemeral: null).Select(finding => $"{finding.Severity} {finding.Rule} {finding.Line}");
        Assert.Equal(found ? "Warning StaticLoginsOpen 7" : "", string.Join(", ", findings));
    }

    [Theory]
    [InlineData("{ environment: cs8, nodes: o2wn01, port: 2201 }", "UnknownEnvironment", "static.a.environment: environment 'cs8' is not defined; did you mean 'cs7'?")]
    [InlineData("{ environment: cs7, nodes: o2wn01 }", "MissingKey", "key 'port' is missing")]
    [InlineData("{ environment: cs7, nodes: 'o2wn[01-', port: 2201 }", "BadValue", "o2wn[01-")]
    [InlineData("{ environment: cs7, nodes: o2wn01, port: 2201, restart: sometimes }", "BadValue", "'sometimes' is not one of no, on-failure, always, unless-stopped")]
    [InlineData("{ environment: cs7, nodes: o2wn01, port: 2201, logins: { by: [] } }", "BadValue", "nothing proves who a user is")]
    [InlineData("{ environment: cs7, nodes: o2wn01, port: 2201, command: x }", "ReservedOption", "command")]
    public void What_is_wrong_is_an_error_of_the_definition(string definition, string rule, string message)
    {
        var finding = Assert.Single(SiteText.Findings($"{Base}static:\n  a: {definition}"));
        Assert.Equal((nameof(FindingSeverity.Error), rule), (finding.Severity, finding.Rule));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_not_declared_is_an_error_that_names_those_that_are()
    {
        var site = SiteText.Read(Base + "static:\n  cs7: { environment: cs7, nodes: o2wn01, port: 2201 }");
        var failure = Assert.Throws<HpcException>(() => site.StaticNamed("cs8"));
        Assert.Equal((ErrorId.StaticNotFound, "cs8"), (failure.Id, failure.Target));
        Assert.Contains("Declared: cs7.", failure.Message, StringComparison.Ordinal);
    }
}
