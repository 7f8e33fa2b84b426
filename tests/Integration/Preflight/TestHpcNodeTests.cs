using System.Management.Automation;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Host;

namespace PisaHpc.Integration.Preflight;

/// <summary>
/// The checks on real nodes: what a fit node says, and each fault that can be made without harm. The pages' examples check nodes too, whose
/// containers look like these.
/// </summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class TestHpcNodeTests : IDisposable
{
    private readonly LabFixture _lab;
    private readonly LabNode _node;
    private readonly HostedRunspace _shell = new();
    private readonly string _site = Path.GetTempFileName();

    public TestHpcNodeTests(LabFixture lab) => (_lab, _node) = (lab, lab.Nodes[0]);

    public void Dispose()
    {
        _shell.Dispose();
        File.Delete(_site);
    }

    [Fact]
    public async Task A_lab_node_is_fit_and_nothing_is_left_on_it()
    {
        var checks = Run("-User hpcuser");
        Assert.All(checks.Values, check => Assert.True(check.Result != "Failed", $"{check.Check}: {check.Evidence}"));
        string[] passed = ["Ssh", "Clock", "Engine", "Storage", "Registry", "Shm", "Devices", "Mounts", "RunDirectory", "PortArea", "PortRange", "Users", "Overcommit"];
        Assert.All(passed, name => Assert.True(checks[name].Result == "Passed", $"{name}: {checks[name]}"));
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task The_memlock_is_the_one_that_a_container_has()
    {
        var ran = await _node.DockerAsync("run", "--rm", "registry.lab:5000/pisa/tiny:1", "sh", "-c", "ulimit -l");
        var kibibytes = long.Parse(ran.EndedWith(0).Output.Trim(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains($"tiny: {kibibytes / 1024}.0 MiB inside", Run("-Check Memlock -Environment tiny")["Memlock"].Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_the_node_refuses_fails_and_leaves_no_container()
    {
        Site("limits: { memlock: host,", "limits: { memlock: unlimited,");
        var check = Run("-Check Memlock -Environment tiny")["Memlock"];
        Assert.Equal("Failed", check.Result);
        Assert.Contains("refuses the limit memlock", check.Evidence, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task The_open_files_are_those_that_a_container_has_and_a_number_that_the_node_refuses_fails_with_its_own()
    {
        var own = (await _node.DockerAsync("run", "--rm", "registry.lab:5000/pisa/tiny:1", "sh", "-c", "ulimit -Sn")).EndedWith(0).Output.Trim();
        SiteOfOpenFiles("host");
        Assert.Contains($"tiny: {own} inside, the engine's own limit", Run("-Check OpenFiles -Environment tiny")["OpenFiles"].Evidence, StringComparison.Ordinal);

        SiteOfOpenFiles("2000000000");
        var checks = Run("-Check OpenFiles, Shm -Environment tiny");
        Assert.Equal(("Failed", "Passed"), (checks["OpenFiles"].Result, checks["Shm"].Result));
        Assert.Contains("refuses limits.openFiles 2000000000", checks["OpenFiles"].Evidence, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public void A_registry_that_does_not_answer_fails()
    {
        Site("registry: registry.lab:5000", "registry: registry.lab:5999");
        var check = Run("-Check Registry -Environment tiny")["Registry"];
        Assert.Equal("Failed", check.Result);
        Assert.Contains("registry.lab:5999", check.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registry_that_has_not_the_image_answers()
    {
        Site("image: pisa/tiny:1", "image: pisa/tiny:no-such-tag");
        Assert.Equal("Warning", Run("-Check Registry -Environment tiny")["Registry"].Result);
    }

    [Fact]
    public void An_image_that_the_node_does_not_hold_is_not_looked_into()
    {
        Site("image: pisa/tiny:1", "image: pisa/tiny:no-such-tag");
        Assert.Equal("Skipped", Run("-Check Memlock -Environment tiny")["Memlock"].Result);
    }

    [Fact]
    public void Mounts_port_area_and_users_that_are_not_there_fail()
    {
        Site("    - /etc/resolv.conf\n", "    - /etc/resolv.conf\n    - /no/such/mount\n");
        var checks = Run("-Check Mounts, Users -User no-such-user");
        Assert.Equal(("Failed", "Failed"), (checks["Mounts"].Result, checks["Users"].Result));
        Assert.Contains("/no/such/mount", checks["Mounts"].Evidence, StringComparison.Ordinal);

        Site("portArea: { path: ", "portArea: { path: /no/such");
        Assert.Equal("Failed", Run("-Check PortArea")["PortArea"].Result);
    }

    [Fact]
    public async Task An_interrupted_check_leaves_no_container()
    {
        using var stop = new CancellationTokenSource();
        var run = _shell.RunAsync("param($Node) while ($true) { Test-HpcNode $Node -Check Memlock }", new { Node = _node.Name }, stop.Token);
        while (!run.IsCompleted && (await OursAsync()).Count == 0)
        {
            // A container is made within a second; the test's own time limit ends a wait for none.
        }

        await stop.CancelAsync();
        Assert.True((await run).Stopped);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public void A_bad_check_is_an_error_where_that_is_asked_for()
    {
        var run = _shell.Run("param($Node) Test-HpcNode $Node, no-such-node -Check Ssh -FailOn Failed", new { Node = _node.Name });
        Assert.Equal(2, run.Objects.Count);
        Assert.Equal("no-such-node", run.Failed("NodeCheckFailed").TargetObject);
        Assert.Equal(2, _shell.Run("param($Node) Test-HpcNode $Node, no-such-node -Check Ssh", new { Node = _node.Name }).Succeeded().Objects.Count);
    }

    [Theory]
    [InlineData("Engine", 0, "PISAHPC OK - ")]
    [InlineData("Memlock", 1, "PISAHPC WARNING - Memlock warns on ")]
    public async Task The_host_ends_as_a_monitoring_plugin_does(string check, int exitCode, string text)
    {
        var run = await HostProcess.RunAsync("-Command", $"$s = Test-HpcNode {_node.Name} -Environment tiny -Check {check} -Summary; $s.Text; exit $s.ExitCode");
        Assert.StartsWith(text, run.EndedWith(exitCode).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_checks_are_completed_and_a_wrong_one_is_an_error()
    {
        Assert.Equal(["PortArea", "PortRange"], _shell.Complete("Test-HpcNode -Check Port").Select(result => result.CompletionText));
        Assert.Contains("Registry", _shell.Run("Test-HpcNode -Check Registrar").Failed("InvalidValue").ToString(), StringComparison.Ordinal);
    }

    private Dictionary<string, Row> Run(string arguments)
    {
        var site = new FileInfo(_site).Length > 0 ? $" -Site '{_site}'" : "";
        return _shell.Run($"Test-HpcNode {_node.Name}{site} {arguments}").Succeeded().Objects.Select(Row.Of).ToDictionary(row => row.Check);
    }

    private void SiteOfOpenFiles(string limit) =>
        LabSite.Of(_lab).ReplacingEach("memlock: host,( openFiles: [0-9]+,)?", $"memlock: host, openFiles: {limit},").WriteTo(_site);

    private void Site(string old, string changed) => LabSite.Of(_lab).Replacing(old, changed).WriteTo(_site);

    private async Task<IReadOnlyList<string>> OursAsync() =>
        (await _node.DockerAsync("ps", "--all", "--quiet", "--filter", "label=pisahpc.preflight")).EndedWith(0).Output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task AssertNothingLeftAsync() => Assert.Empty(await OursAsync());

    private sealed record Row(string Check, string Result, string Evidence)
    {
        public static Row Of(PSObject item) => new(
            (string)item.Properties["Check"].Value, (string)item.Properties["Result"].Value, (string)item.Properties["Evidence"].Value);
    }
}
