using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Monitoring;

/// <summary>The plugin for Nagios and Icinga, the timer's command and the report, on a machine that reaches the nodes.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)] // a cluster that is well has nobody else's containers
public sealed class MonitoringTests(LabFixture lab) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-monitoring-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(0, @"\APISAHPC OK - o2wn01: .* \| nodes=1 unknown=0 audited=0 [a-z0-9= ]+\n\z", "containers", "o2wn01")]
    [InlineData(2, @"\APISAHPC CRITICAL - Ssh failed on no-such-node.* \| nodes=1 passed=0 .*\n\z", "nodes", "no-such-node")]
    [InlineData(0, @"\APISAHPC OK - no static environments are declared \| nodes=\d+ unknown=0 equal=0 different=0\n\z", "environments")]
    [InlineData(3, @"\APISAHPC UNKNOWN - '' is nothing that is checked: name one of nodes, environments, containers\.\n\z")]
    [InlineData(3, @"\APISAHPC UNKNOWN - InvalidValue: [^|]+\n\z", "environments", "nowhere*")]
    public async Task The_exit_code_is_the_status_and_the_line_says_why(int exitCode, string line, params string[] arguments)
    {
        var plugin = Path.Combine(Repository.Root, "contrib", "monitoring", "check_pisahpc");
        Assert.Matches(line, (await RunningProcess.RunAsync(plugin, arguments, Environment)).EndedWith(exitCode).Output);
    }

    [Fact]
    public async Task A_definition_with_an_error_is_unknown_and_no_warning()
    {
        var plugin = Path.Combine(Repository.Root, "contrib", "monitoring", "check_pisahpc");
        var environment = new Dictionary<string, string?>(Environment) { ["PISAHPC_SITE"] = "/nonexistent/site.yaml" };
        var end = (await RunningProcess.RunAsync(plugin, ["nodes"], environment)).EndedWith(3);
        Assert.StartsWith("PISAHPC UNKNOWN - SiteInvalid: ", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_timers_command_writes_the_metrics_of_all_three()
    {
        var unit = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "hooks", "systemd", "pisahpc-metrics.service"));
        var line = unit.Single(text => text.StartsWith("ExecStart=/usr/local/bin/pisahpc -Command \"", StringComparison.Ordinal));
        var command = line[(line.IndexOf('"', StringComparison.Ordinal) + 1)..^1].Replace("$$", "$", StringComparison.Ordinal);
        var file = Path.Combine(_directory.FullName, "pisahpc.prom");
        var environment = new Dictionary<string, string?>(Environment) { ["METRICS"] = file };
        (await RunningProcess.RunAsync(Repository.Host, ["-Command", command], environment)).EndedWith(0);
        // Others may have raised nodes since it looked.
        await lab.InitializeAsync();
        var text = await File.ReadAllTextAsync(file);
        Assert.Matches("(?m)^pisahpc_status\\{subject=\"nodes\"\\} [0-3]$", text);
        Assert.Contains($"pisahpc_items{{subject=\"nodes\",what=\"nodes\"}} {lab.Nodes.Count}\n", text, StringComparison.Ordinal);
        Assert.Contains("pisahpc_status{subject=\"environments\"} 0\n", text, StringComparison.Ordinal);
        Assert.Matches("(?m)^pisahpc_status\\{subject=\"containers\"\\} [0-3]$", text);
    }

    [Fact]
    public async Task A_report_without_a_pipeline_looks_at_everything_and_has_what_failed_as_a_row()
    {
        var file = Path.Combine(_directory.FullName, "cluster.html");
        var command = $"(Export-HpcReport '{file}' 'o2wn[01-02]', no-such-node -NoCheck).Tables";
        var end = (await RunningProcess.RunAsync(Repository.Host, ["-Command", command], Environment)).EndedWith(0);
        Assert.Equal(
            "Nodes,Checks that need a look,Jobs,Images,Static environments,Static environments that differ,Containers,Ports,"
                + "What could not be looked at",
            string.Join(',', end.Lines));
        var page = await File.ReadAllTextAsync(file);
        Assert.Contains(">2 Ready<", page, StringComparison.Ordinal);
        Assert.Contains(">registry.lab:5000/pisa/hpc:deb12<", page, StringComparison.Ordinal);
        Assert.Contains(">NodeUnreachable<", page.Split("<section id=\"failures\">")[1], StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> Environment => new()
    {
        ["PATH"] = $"{Path.GetDirectoryName(Repository.Host)}:{System.Environment.GetEnvironmentVariable("PATH")}",
    };
}
