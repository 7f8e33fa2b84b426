using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.HTCondor;
using PisaHpc.Unit.BatchHooks.Lsf;

namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>What the doctor makes of what it finds: each check in each of its results, with what to do.</summary>
public sealed class HTCondorHookChecksTests
{
    private const string Standing = "abc 440 0";

    [Theory]
    [InlineData("HookLines", "", null, "Passed", "in force")]
    [InlineData("HookLines", "bin", null, "Failed", "there is no condor_config_val")]
    [InlineData("HookLines", "PISAHPC_HOOK_JOB_EXIT", null, "Failed", "PISAHPC_HOOK_JOB_EXIT is not /usr/lib/pisahpc/htcondor-exit")]
    [InlineData("HookLines", "USER_JOB_WRAPPER", "/site/wrapper", "Failed", "USER_JOB_WRAPPER is not")]
    [InlineData("HookLines", "STARTD_JOB_ATTRS", "JobPrio", "Failed", "STARTD_JOB_ATTRS has no PisaHpcEnvironment")]
    [InlineData("HookLines", "STARTD_JOB_ATTRS", "PisaHpcEnvironment,OsUser,NumJobStarts", "Failed", "STARTD_JOB_ATTRS has no Owner")]
    [InlineData("HookLines", "STARTD_JOB_ATTRS", "PisaHpcEnvironment,OsUser,Owner", "Failed", "STARTD_JOB_ATTRS has no NumJobStarts")]
    [InlineData("HookLines", "STARTD_ATTRS", null, "Failed", "STARTD_ATTRS has no HasPisaHpc")]
    [InlineData("HookLines", "wrapper", null, "Failed", "htcondor-job is no link to pisahpc-run")]
    [InlineData("Startd", "", null, "Passed", "it listens at <127.0.0.1:9618?sock=startd>")]
    [InlineData("Startd", "startd", null, "Skipped", "/var/log/condor/.startd_address is not there yet")]
    [InlineData("Startd", "startd", "666 <127.0.0.1:9618>", "Failed", "somebody could name another condor_startd")]
    [InlineData("Startd", "startd", "644 nothing", "Failed", "no address in its first line")]
    [InlineData("Startd", "startd-unkept", "/var/log/condor", "Failed", "/var/log/condor is another's")]
    [InlineData("HookKeyword", "", null, "Passed", "PISAHPC")]
    [InlineData("HookKeyword", "STARTER_DEFAULT_JOB_HOOK_KEYWORD", null, "Failed", "+HookKeyword = \"PISAHPC\"")]
    [InlineData("HookKeyword", "STARTER_JOB_HOOK_KEYWORD", "SITE", "Warning", "those of SITE")]
    [InlineData("HookTime", "", null, "Passed", "may last 100 s, and HTCondor waits 110 s")]
    [InlineData("HookTime", "PISAHPC_HOOK_JOB_EXIT_TIMEOUT", null, "Failed", "HTCondor waits 30 s")]
    [InlineData("HookRoot", "", null, "Passed", "and nothing else")]
    [InlineData("HookRoot", "DISABLE_SETUID", "True", "Failed", "sudo does nothing")]
    [InlineData("HookRoot", "sudo", null, "Failed", "there is no sudo")]
    [InlineData("HookRoot", "sh-p", null, "Failed", "/bin/sh does not know -p")]
    [InlineData("HookRoot", "sudo", "", "Failed", "sudo does not let a user run")]
    [InlineData("ScratchPath", "", null, "Passed", "has mode 755")]
    [InlineData("ScratchPath", "execute", "1777", "Failed", "has mode 1777: jobs that ask for an environment are held")]
    [InlineData("ScratchPath", "execute-unkept", "/scratch", "Failed", "/scratch is another's")]
    [InlineData("ScratchPath", "execute", null, "Skipped", "no directory yet")]
    public void A_node_is_judged_by_what_is_in_force_there(string check, string name, string? value, string result, string words) =>
        Expect(check, name.Length > 0 ? CondorNode.Fit.With(name, value) : CondorNode.Fit, Standing, result, words);

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("abc 644 0", "has another mode or owner")]
    [InlineData("abc 440 4001", "has another mode or owner")]
    public void The_file_of_sudo_has_to_be_roots(string? standing, string words) =>
        Expect("HookRoot", CondorNode.Fit, standing, "Failed", words);

    private static void Expect(string check, HTCondorNode condor, string? sudoers, string result, string words)
    {
        var node = new HookNodeEvidence { Node = "n01", Site = LsfSite.Site, System = "htcondor", Version = "0.1.0" };
        var evidence = new HTCondorNodeEvidence(node, condor, sudoers, TimeSpan.FromSeconds(80));
        var found = HTCondorHookChecks.OfNode.Single(one => one.Name == check).Judge(evidence);
        Assert.Equal(result, found.Result.ToString());
        Assert.Contains(words, found.Evidence, StringComparison.Ordinal);
        Assert.Equal(result is not "Passed", found.Remedy is not null);
    }
}
