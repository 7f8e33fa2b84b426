namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>What HTCondor runs as the job's user: htcondor-prepare, htcondor-exit and htcondor-enter, by a real sh.</summary>
public sealed class UserHookTests
{
    private const StringComparison Exactly = StringComparison.Ordinal;
    private const string Plain = "ClusterId = 7\nJobUniverse = 5\nGlobalJobId = \"sched01@head#7.0#1764430000\"\n";
    private const string Asking = Plain + "pisahpcENVIRONMENT = \"tiny\"\n";

    [Theory]
    [InlineData(Plain)]
    [InlineData(Plain + "PisaHpcEnvironment = \"none\"\n")]
    [InlineData(Plain + "PisaHpcEnvironment = \"NONE\"\n")]
    [InlineData(Plain + "PisaHpcEnvironment = undefined\n")]
    public void A_job_that_asks_for_nothing_costs_no_process(string ad)
    {
        using var node = new StarterDirectory();
        Assert.Equal((0, 0), node.Host.Count(node.Reading("htcondor-prepare", ad)));
        Assert.Equal((0, 0), node.Host.Count(node.Reading("htcondor-exit", ad)));
        Assert.Empty(node.Host.Calls);
    }

    [Fact]
    public void A_name_in_quotes_asks_whatever_it_is_as_it_does_in_the_wrapper()
    {
        using var node = new StarterDirectory();
        WithSudo(node, "echo '78 no-environment n01 None.'");
        Prepare(node, Plain + "PisaHpcEnvironment = \"undefined\"\n");
        Assert.Single(node.Host.Calls);
    }

    [Theory]
    [InlineData("78 image-missing n02 No \\\"x\\\" there.", 178, "image-missing on n02: No 'x' there.\"\n")]
    [InlineData("75 too-slow n01 Late.", 375, "too-slow on n01: Late.\"\n")]
    [InlineData("sudo: a password is required", 375, "root-silent on n01: ")]
    [InlineData("", 375, "root-silent on n01: ")]
    [InlineData("78 image-missing", 375, "root-silent on n01: ")]
    [InlineData("Lecture: 78 reasons.\n75 too-slow n01 Late.", 375, "too-slow on n01: Late.\"\n")]
    public void What_root_answers_is_told_as_HTCondor_reads_it(string answer, int status, string message)
    {
        using var node = new StarterDirectory();
        WithSudo(node, $"printf '%s\\n' \"{answer}\"; echo 'sudo: ok is what it says' >&2");
        var (code, output, error) = Prepare(node, Asking);
        Assert.Equal((0, "sudo: ok is what it says\n"), (code, error));
        Assert.StartsWith($"HookStatusCode = {status}\nHookStatusMessage = \"pisahpc: {message}", output, StringComparison.Ordinal);
        Assert.Equal($"sudo -n {node.Host.PathOf("htcondor-root")} start", Assert.Single(node.Host.Calls));
    }

    [Fact]
    public void A_container_that_runs_changes_nothing_of_the_job()
    {
        using var node = new StarterDirectory();
        WithSudo(node, "echo ok n01");
        Assert.Equal((0, "", ""), Prepare(node, Asking));
    }

    [Theory]
    [InlineData("JobUniverse = 11\n", "vanilla universe")]
    [InlineData("WantDocker = true\n", "WantDocker")]
    public void What_a_container_of_ours_cannot_be_for_is_held(string line, string words)
    {
        using var node = new StarterDirectory();
        var (_, output, _) = Prepare(node, Asking + line);
        Assert.StartsWith("HookStatusCode = 178\nHookStatusMessage = \"pisahpc: universe-unsupported on n01: ", output, Exactly);
        Assert.Contains(words, output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_exit_hook_has_root_stop_the_job_that_asked()
    {
        using var node = new StarterDirectory();
        WithSudo(node, "exit 0");
        Assert.Equal((0, "", ""), node.Host.Call(node.Reading("htcondor-exit", Asking), ["remove"]));
        Assert.Equal($"sudo -n {node.Host.PathOf("htcondor-root")} stop", Assert.Single(node.Host.Calls));
    }

    [Theory]
    [InlineData("78 no-prepare-hook n01 HTCondor ran none.", 78, "no-prepare-hook on n01: HTCondor ran none.", false)]
    [InlineData("75 job-ended n01 It has.", 75, "job-ended on n01: It has.", true)]
    [InlineData("", 75, "root-silent on n01: ", true)]
    public void A_job_that_asked_and_has_no_container_does_not_run_on_the_host(string answer, int exit, string words, bool isIdle)
    {
        using var node = new StarterDirectory();
        WithSudo(node, $"echo \"{answer}\"");
        var failure = node.Host.PathOf("failure");
        var (code, output, error) = node.Host.Call("htcondor-enter", ["/bin/echo", "never"], ("_CONDOR_WRAPPER_ERROR_FILE", failure));
        Assert.Equal((exit, ""), (code, output));
        Assert.StartsWith("pisahpc: " + words, error, StringComparison.Ordinal);
        Assert.Equal(isIdle ? error : "", File.Exists(failure) ? File.ReadAllText(failure) : "");
    }

    [Fact]
    public void A_job_that_has_one_becomes_the_client_of_its_agent()
    {
        using var node = new StarterDirectory();
        WithSudo(node, "echo ok /run/pisahpc/7.0.sched01_head/agent/socket");
        node.Host.Stand("pisahpc-run", "exit 42");
        Assert.Equal(42, node.Host.Call("htcondor-enter", ["job.sh", "a b"]).Code);
        Assert.Equal($"sudo -n {node.Host.PathOf("htcondor-root")} socket", node.Host.Calls[0]);
        Assert.Equal("pisahpc-run --socket /run/pisahpc/7.0.sched01_head/agent/socket --wait 10 -- job.sh a b", node.Host.Calls[1]);
    }

    private static (int Code, string Output, string Error) Prepare(StarterDirectory node, string ad) => node.Host.Call(
        node.Reading("htcondor-prepare", ad), [], ("PATH", $"{node.Host.Root}:/usr/bin:/bin"));

    private static void WithSudo(StarterDirectory node, string body)
    {
        node.Host.Stand("sudo", body);
        foreach (var hook in new[] { "htcondor-hook.sh", "htcondor-exit" })
        {
            node.Edit(hook, "sudo -n", node.Host.PathOf("sudo") + " -n");
        }
    }
}
