using System.Collections;
using System.Management.Automation;
using PisaHpc.Module.Completion;
using PisaHpc.Ports;
using PisaHpc.Sites;
using PisaHpc.Unit.Devices;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Sites;

/// <summary>Completers, called as the engine calls them.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-completion").FullName;
    private readonly string _site;

    public CompletionTests()
    {
        _site = Path.Combine(_directory, "site.yaml");
        TestArea.Make(Path.Combine(_directory, "ports"), 22000, 22001);
        Area = new PortArea(Path.Combine(_directory, "ports"), 22000, 22001);
        File.WriteAllText(_site, $$"""
            portArea: { path: {{_directory}}/ports, first: 22000, last: 22001 }
            nodes: { names: [ 'o2wn[01-03]', login1 ] }
            defaults: { image: x/default:1 }
            environments:
              debian12: { image: pisa/hpc:deb12, aliases: [ docker-deb12 ] }
              cs7: {}
            queues:
              hpc: { environment: debian12 }
              short: {}
            """);
    }

    private PortArea Area { get; }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("", "debian12", "cs7", "docker-deb12")]
    [InlineData("d", "debian12", "docker-deb12")]
    [InlineData("DEB", "debian12")]
    [InlineData("*deb", "debian12", "docker-deb12")]
    [InlineData("c?7", "cs7")]
    [InlineData("x")]
    public void Environments_and_their_aliases_begin_with_the_word(string word, params string[] expected) =>
        Assert.Equal(expected, Complete<EnvironmentCompleter>(word).Select(result => result.CompletionText));

    [Theory]
    [InlineData("debian", "image pisa/hpc:deb12")]
    [InlineData("docker", "alias of debian12: image pisa/hpc:deb12")]
    [InlineData("cs", "image x/default:1")]
    public void A_tool_tip_tells_the_image(string word, string toolTip) =>
        Assert.Equal(toolTip, Assert.Single(Complete<EnvironmentCompleter>(word)).ToolTip);

    [Theory]
    [InlineData("h", "hpc", "default environment debian12")]
    [InlineData("s", "short", "no default environment")]
    public void Queues_tell_their_default(string word, string queue, string toolTip)
    {
        var result = Assert.Single(Complete<QueueCompleter>(word));
        Assert.Equal((queue, toolTip), (result.CompletionText, result.ToolTip));
    }

    [Theory]
    [InlineData("o2", "'o2wn[01-03]'", "o2wn01", "o2wn02", "o2wn03")]
    [InlineData("o2wn[", "'o2wn[01-03]'")]
    [InlineData("'o2wn[", "'o2wn[01-03]'")]
    [InlineData("\"o2wn0", "\"o2wn01\"", "\"o2wn02\"", "\"o2wn03\"")]
    [InlineData("lo", "login1")]
    public void Nodes_come_one_by_one_and_as_lists_in_quotes_where_they_need_them(string word, params string[] expected) =>
        Assert.Equal(expected, Complete<NodeCompleter>(word).Select(result => result.CompletionText));

    [Fact]
    public void Jobs_are_those_that_hold_a_port()
    {
        var lease = Area.Lease(new PortRequest { JobId = "1234[5]", Owner = "hpcuser", Nodes = "o2wn[01-02]" });
        var result = Assert.Single(Complete<JobIdCompleter>("12"));

        Assert.Equal(("'1234[5]'", $"Leased port {lease.Port} of hpcuser on o2wn[01-02]"), (result.CompletionText, result.ToolTip));
    }

    [Fact]
    public void Without_a_port_area_there_is_no_job_to_complete()
    {
        File.WriteAllText(_site, "registry: a.b");
        Assert.Empty(Complete<JobIdCompleter>(""));
    }

    [Fact]
    public void A_list_tells_how_many_nodes_it_has() =>
        Assert.Equal("3 nodes", Complete<NodeCompleter>("o2wn[")[0].ToolTip);

    [Theory]
    [InlineData("a'b", null, "'a''b'")]
    [InlineData("a b", null, "'a b'")]
    [InlineData("-a", null, "'-a'")]
    [InlineData("ab", "'", "'ab'")]
    [InlineData("a$b", "\"", "\"a`$b\"")]
    [InlineData("ab", null, "ab")]
    public void Values_are_quoted_as_the_line_needs_it(string value, string? typed, string written) =>
        Assert.Equal(written, new CompletionWord(typed ?? "").Write(value));

    [Fact]
    public void A_second_press_within_seconds_asks_nobody_again()
    {
        var first = Complete<QueueCompleter>("");
        File.WriteAllText(_site, "queues: { other: {} }");

        Assert.Equal(first.Select(result => result.CompletionText), Complete<QueueCompleter>("").Select(result => result.CompletionText));
    }

    [Theory]
    [InlineData("environments: [ broken")]
    [InlineData("environments: { e: {} }")]
    public void A_definition_with_errors_completes_nothing_and_does_not_fail(string yaml)
    {
        File.WriteAllText(_site, yaml);
        Assert.Empty(Complete<EnvironmentCompleter>(""));
    }

    [Fact]
    public void A_definition_that_is_missing_completes_nothing() =>
        Assert.Empty(new EnvironmentCompleter().CompleteArgument("c", "p", "", null!, new Hashtable { ["Site"] = _site + ".none" }));

    [Fact]
    public void Slow_candidates_are_not_waited_for_and_those_that_came_are_the_answer()
    {
        var results = new SlowCompleter().CompleteArgument("Get-HpcEnvironment", "Name", "", null!, new Hashtable { ["Site"] = _site });

        Assert.Equal("early", Assert.Single(results).CompletionText);
    }

    [Fact]
    public void The_nodes_on_the_line_reach_the_completer()
    {
        var bound = new Hashtable { ["Site"] = _site, ["Node"] = new object[] { "o2wn01", PSObject.AsPSObject("o2wn02") } };

        Assert.Equal("o2wn01+o2wn02", Assert.Single(new EchoCompleter().CompleteArgument("c", "p", "", null!, bound)).CompletionText);
    }

    [Fact]
    public void Users_are_those_who_hold_ports_and_the_accounts_of_people()
    {
        Area.Lease(new PortRequest { JobId = "7", Owner = "aaron", Nodes = "o2wn01" });
        Assert.Equal("owner of job 7", Assert.Single(Complete<AccountCompleter>("aaro")).ToolTip);
        Assert.Equal("uid 0, home /root", Assert.Single(Complete<AccountCompleter>("root")).ToolTip);
        Assert.Empty(Complete<AccountCompleter>("nobody"));
    }

    [Fact]
    public void Networks_are_those_of_the_site_s_environments()
    {
        File.WriteAllText(_site, "environments: { a: { image: 'x:1', mpiNetwork: 10.1.0.0/16 }, b: { image: 'x:1' } }");
        var network = Assert.Single(Complete<MpiNetworkCompleter>(""));
        Assert.Equal(("10.1.0.0/16", "network of a"), (network.CompletionText, network.ToolTip));
    }

    [Fact]
    public void Mounts_are_those_of_environments_and_directories_of_a_node_level_by_level()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "tree", "one", "deeper"));
        Directory.CreateDirectory(Path.Combine(_directory, "tree", "other"));
        File.WriteAllText(Path.Combine(_directory, "tree", "only-a-file"), "");
        File.WriteAllText(
            _site,
            "nodes: { names: localhost, ssh: { client: local } }\nenvironments: { a: { image: 'x:1', mounts: [ '/opt/solver' ] } }\n");
        Assert.Equal("mount of a", Assert.Single(Complete<MountCompleter>("/opt/sol")).ToolTip);
        var found = Complete<MountCompleter>($"{_directory}/tree/o");
        Assert.Equal([$"{_directory}/tree/one", $"{_directory}/tree/other"], found.Select(result => result.CompletionText));
        Assert.Equal("directory of localhost", found[0].ToolTip);
        Assert.Equal($"{_directory}/tree/one/deeper", Assert.Single(Complete<MountCompleter>($"{_directory}/tree/one/d")).CompletionText);
    }

    [Fact]
    public void A_node_that_cannot_be_asked_completes_nothing_and_does_not_fail()
    {
        File.WriteAllText(_site, "nodes: { names: no-such-node.invalid }");
        Assert.Empty(Complete<MountCompleter>("/opt/x"));
        Assert.Empty(Complete<ContainerProgramCompleter>("so"));
        Assert.Empty(new IbDeviceCompleter().CompleteArgument(
            "Get-IbDevice", "Name", "", null!, new Hashtable { ["Site"] = _site, ["Node"] = "no-such-node.invalid" }));
    }

    [Fact]
    public void Capabilities_and_options_of_launchers_are_known()
    {
        var capability = Assert.Single(new CapabilityCompleter().CompleteArgument("c", "p", "sys_pt", null!, new Hashtable()));
        Assert.Equal(("SYS_PTRACE", "CAP_SYS_PTRACE, see capabilities(7)"), (capability.CompletionText, capability.ToolTip));
        var option = Assert.Single(new LauncherOptionCompleter().CompleteArgument("c", "p", "--bind", null!, new Hashtable()));
        Assert.Equal("'--bind-to'", option.CompletionText);
    }

    [Fact]
    public void Each_check_is_shown_with_what_it_is_of()
    {
        IArgumentCompleter[] completers = [new NodeCheckCompleter(), new HookCheckCompleter(), new ContainerCheckCompleter()];
        var checks = completers.SelectMany(completer => completer.CompleteArgument("c", "p", "", null!, new Hashtable())).ToList();
        Assert.All(checks, check => Assert.Contains(' ', check.ToolTip));
        Assert.Contains(checks, check => (check.CompletionText, check.ToolTip)
            == ("Neighbours", "the kernel's neighbour table holds all nodes of the site"));
        var root = Assert.Single(new ContainerUserCompleter().CompleteArgument("c", "User", "r", null!, new Hashtable()));
        Assert.Equal(("root", "whatever the container's capabilities allow"), (root.CompletionText, root.ToolTip));
    }

    [Theory]
    [InlineData("", "registry.lab:5000", "other.lab")]
    [InlineData("o", "other.lab")]
    public void Registries_are_the_site_s_own_and_those_of_its_images(string word, params string[] registries)
    {
        File.WriteAllText(_site, """
            registry: registry.lab:5000
            environments: { a: { image: 'pisa/hpc:1' }, b: { image: 'other.lab/x:1' }, c: { image: 'registry.lab:5000/x:1' } }
            """);
        Assert.Equal(registries, Complete<RegistryCompleter>(word).Select(result => result.CompletionText));
    }

    [Fact]
    public void Adapters_are_those_below_the_root_on_the_line()
    {
        const string Pci = "0000:3b:00.0";
        using var tree = new SysfsTree();
        tree.Adapter("mlx5_0", Pci).Port(Pci, "mlx5_0", 1).Verbs("uverbs0", "mlx5_0");
        File.WriteAllText(_site, "nodes: { names: localhost, ssh: { client: local } }");
        foreach (var node in (string?[])[null, "localhost", "local*"])
        {
            var bound = new Hashtable { ["Site"] = _site, ["Root"] = tree.Root };
            if (node is not null)
            {
                bound["Node"] = node;
            }

            var completer = new IbDeviceCompleter { TimeLimit = TimeSpan.FromMinutes(1) };
            var found = completer.CompleteArgument("Get-IbDevice", "Name", "ml", null!, bound);
            Assert.Equal("mlx5_0", Assert.Single(found).CompletionText);
        }
    }

    private List<CompletionResult> Complete<T>(string word)
        where T : SiteCompleter, new() =>
    [
        .. new T { TimeLimit = TimeSpan.FromMinutes(1) }
            .CompleteArgument("Get-HpcEnvironment", "Name", word, null!, new Hashtable { ["Site"] = _site })
    ];

    private sealed class SlowCompleter : SiteCompleter
    {
        protected override async IAsyncEnumerable<CompletionCandidate> FindAsync(
            HpcSite site,
            CompletionLine line,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new CompletionCandidate("early", "at once");
            await Task.Delay(Timeout.Infinite, cancellationToken);
            yield return new CompletionCandidate("late", "never");
        }
    }

    private sealed class EchoCompleter : SiteCompleter
    {
        protected override IAsyncEnumerable<CompletionCandidate> FindAsync(
            HpcSite site, CompletionLine line, CancellationToken cancellationToken) =>
            new[] { new CompletionCandidate(string.Join('+', line.Nodes), "nodes") }.ToAsyncEnumerable();
    }
}
