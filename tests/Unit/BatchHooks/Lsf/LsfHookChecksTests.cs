using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.Lsf;

namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>What the doctor makes of what it finds: each check in each of its results, with what to do.</summary>
public sealed class LsfHookChecksTests
{
    private static readonly Dictionary<string, int> Read = new() { ["docker-cs7"] = 2, ["docker-tiny"] = 0, ["fluent"] = 4 };

    [Theory]
    [InlineData("HookLines", "", "", "Passed", "docker-cs7, docker-tiny")]
    [InlineData("HookLines", "lsf-pre cs7", "lsf-pre cs8", "Failed", "docker-cs7 has not HOST_PRE_EXEC = /usr/lib/pisahpc/lsf-pre cs7")]
    [InlineData("HookLines", "NAME = docker-tiny", "NAME = other", "Failed", "docker-tiny is missing")]
    [InlineData("PostHolds", "", "", "Passed", "keeps its slots")]
    [InlineData("PostHolds", "JOB_INCLUDE_POSTPROC = Y", "JOB_INCLUDE_POSTPROC = N", "Failed", "docker-cs7: JOB_INCLUDE_POSTPROC is not Y")]
    [InlineData("HookTime", "", "", "Passed", "a hook may last 100 s")]
    [InlineData(
        "HookTime", "JOB_PREPROC_TIMEOUT = 2", "JOB_PREPROC_TIMEOUT = 1", "Failed",
        "JOB_PREPROC_TIMEOUT=1 minutes, and a hook may last 100 s")]
    [InlineData("HookTime", "JOB_POSTPROC_TIMEOUT = 2\n", "", "Failed", "JOB_POSTPROC_TIMEOUT is not set, and LSF waits for ever")]
    [InlineData("RetryLimit", "", "", "Passed", "a number of times")]
    [InlineData("RetryLimit", "LOCAL_MAX_PREEXEC_RETRY = 3\n", "", "Failed", "what fails is tried for ever")]
    [InlineData("RetryLimit", "LOCAL_MAX_PREEXEC_RETRY_ACTION = EXIT", "#", "Failed", "LOCAL_MAX_PREEXEC_RETRY_ACTION is not EXIT")]
    public void A_management_host_is_judged_by_what_its_file_says(string check, string what, string by, string result, string words)
    {
        var text = what.Length > 0 ? LsfSite.Joined().Replace(what, by, StringComparison.Ordinal) : LsfSite.Joined();
        Expect(result, words, check, LsfSite.Hooks(text, Read));
    }

    [Fact]
    public void A_file_that_LSF_has_not_read_is_no_profile()
    {
        var one = LsfSite.Hooks(LsfSite.Joined(), new Dictionary<string, int> { ["docker-cs7"] = 0 });
        Expect("Failed", "LSF runs without docker-tiny", "HookLines", one);
        Expect("Unknown", "mbatchd is down", "HookLines", LsfSite.Hooks(LsfSite.Joined()));
        Expect("Skipped", "there is no profile", "HookTime", LsfSite.Hooks(null, Read));
    }

    [Fact]
    public void An_esub_that_is_not_ours_a_list_of_other_words_and_a_link_that_leads_elsewhere_are_named()
    {
        var hooks = LsfSite.Hooks(LsfSite.Joined(), Read);
        Expect("Passed", "knows 3 words", "Esub", hooks);
        Expect("Failed", "pisahpc-environments is not this module's", "Esub", hooks, words: "0 644 0");
        var links = new Dictionary<string, string?>(hooks.EsubLinks) { ["/lsf/etc/esub.docker-old"] = "elsewhere" };
        Expect("Failed", "esub.docker-old does not lead to esub.docker", "Esub", hooks with { EsubLinks = links });
    }

    [Theory]
    [InlineData("LSB_PRE_POST_EXEC_USER=root\n", "600 0", "Passed")]
    [InlineData("LSB_PRE_POST_EXEC_USER = root # ours\n", "644 0", "Failed")]
    [InlineData("LSB_PRE_POST_EXEC_USER=root\n", "600 4001", "Failed")]
    [InlineData("LSF_EEXEC_USER=root\n", "600 0", "Failed")]
    [InlineData(null, null, "Failed")]
    public void As_whom_LSF_runs_the_hooks_is_judged(string? text, string? standing, string result)
    {
        var evidence = new LsfNodeEvidence(Node("n01"), new LsfSudoers(new TextChange(LsfSudoers.File, text, text), standing));
        Assert.Equal(result, Judge("HookUser", evidence));
    }

    [Theory]
    [InlineData("n01", "Passed")]
    [InlineData("n01.cluster.example", "Passed")]
    [InlineData("other", "Failed")]
    public void A_host_has_to_have_the_name_that_LSF_calls_it_by(string name, string result)
    {
        var evidence = new LsfNodeEvidence(Node(name), new LsfSudoers(new TextChange(LsfSudoers.File, null, null), null));
        Assert.Equal(result, Judge("HostName", evidence));
    }

    [Theory]
    [InlineData("LSF_EEXEC_USER=root\n", "600 0", "LSF_EEXEC_USER=root\n# PisaHpc: begin ")]
    [InlineData(null, null, "# PisaHpc: begin ")]
    [InlineData("LSB_PRE_POST_EXEC_USER=root\n", "600 0", "LSB_PRE_POST_EXEC_USER=root\n")]
    public void The_user_is_joined_where_nobody_is_named_and_taken_out_byte_by_byte(string? text, string? standing, string start)
    {
        var joined = Sudoers(text, standing).Joined("n01");
        Assert.StartsWith(start, joined.After, StringComparison.Ordinal);
        Assert.Equal("root", Sudoers(joined.After, "600 0").User);
        Assert.False(Sudoers(joined.After, "600 0").Joined("n01").Changes);
        Assert.Equal(text, Sudoers(joined.After, "600 0").Left().After);
    }

    [Theory]
    [InlineData("LSB_PRE_POST_EXEC_USER=lsfadmin\n", "600 0", "says LSB_PRE_POST_EXEC_USER=lsfadmin")]
    [InlineData("LSF_EEXEC_USER=root\n", "644 0", "has mode and owner 644 0, so that LSF ignores it")]
    public void What_the_site_says_otherwise_is_refused(string text, string standing, string words)
    {
        var failure = Assert.Throws<HpcException>(() => Sudoers(text, standing).Joined("n01"));
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    private static LsfSudoers Sudoers(string? text, string? standing) => new(new TextChange(LsfSudoers.File, text, text), standing);

    private static HookNodeEvidence Node(string name) => new()
    {
        Node = "n01",
        Site = LsfSite.Site,
        System = "lsf",
        Version = "0.1.0",
        Facts = new Dictionary<string, string> { ["name"] = name },
    };

    private static string Judge(string check, LsfNodeEvidence evidence)
    {
        var found = LsfHookChecks.OfNode.Single(one => one.Name == check).Judge(evidence);
        Assert.Equal(found.Result.ToString() == "Failed", found.Remedy is not null);
        return found.Result.ToString();
    }

    private static void Expect(string result, string evidence, string check, LsfHooks hooks, string? words = null)
    {
        var server = new Dictionary<string, string?>
        {
            [hooks.Esub.Path] = hooks.Esub.Standing,
            [hooks.Words.Path] = words ?? hooks.Words.Standing,
        };
        var told = new LsfEvidence(hooks, TimeSpan.FromSeconds(80), server);
        var found = LsfHookChecks.OfController.Single(one => one.Name == check).Judge(told);
        Assert.Equal(result, found.Result.ToString());
        Assert.Contains(evidence, found.Evidence, StringComparison.Ordinal);
        Assert.Equal(result is "Failed" or "Skipped", found.Remedy is not null);
    }
}
