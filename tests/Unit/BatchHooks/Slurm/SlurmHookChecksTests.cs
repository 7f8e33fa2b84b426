using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.Slurm;
using PisaHpc.Preflight;
using PisaHpc.Sites;

namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>What the doctor makes of what it finds: each check in each of its results, with what to do.</summary>
public sealed class SlurmHookChecksTests
{
    private static readonly HpcSite Site = new()
    {
        Path = "/etc/pisahpc/site.yaml",
        Environments = new Dictionary<string, EnvironmentLayer> { ["tiny"] = EnvironmentLayer.Empty },
    };

    /// <summary>A Slurm with all that the hooks need, as scontrol shows it.</summary>
    private static readonly Dictionary<string, string> Fit = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Prolog"] = "/usr/lib/pisahpc/slurm-prolog",
        ["Epilog"] = "/usr/lib/pisahpc/slurm-epilog",
        ["PrologFlags"] = "Alloc,Contain,DeferBatch,X11",
        ["PrologEpilogTimeout"] = "65534",
        ["BatchStartTimeout"] = "110 sec",
        ["AuthInfo"] = "(null)",
        ["UnkillableStepTimeout"] = "180 sec",
        ["ProctrackType"] = "proctrack/cgroup",
        ["TaskPlugin"] = "task/cgroup,task/affinity",
        ["JobSubmitPlugins"] = "all_partitions,lua",
        ["LaunchParameters"] = "use_interactive_step",
        ["InteractiveStepOptions"] = "--interactive --preserve-env --pty /usr/lib/pisahpc/slurm-job",
    };

    [Theory]
    [InlineData("HookLines", null, null, "Passed")]
    [InlineData("HookLines", "Prolog", "(null)", "Failed")]
    [InlineData("HookLines", "Epilog", "/opt/theirs", "Failed")]
    [InlineData("PrologFlags", null, null, "Passed")]
    [InlineData("PrologFlags", "PrologFlags", "Alloc", "Failed")]
    [InlineData("PrologFlags", "PrologFlags", "(null)", "Failed")]
    [InlineData("HookTime", null, null, "Passed")]
    [InlineData("HookTime", "PrologEpilogTimeout", "100", "Failed")]
    [InlineData("HookTime", "PrologEpilogTimeout", "101", "Passed")]
    [InlineData("HookTime", "EpilogTimeout", "30", "Failed")]
    [InlineData("BatchStart", null, null, "Passed")]
    [InlineData("BatchStart", "BatchStartTimeout", "10 sec", "Warning")]
    [InlineData("BatchStart", "BatchStartTimeout", "", "Unknown")]
    [InlineData("Credential", null, null, "Passed")]
    [InlineData("Credential", "AuthInfo", "socket=/run/s,cred_expire=5", "Warning")]
    [InlineData("KillTime", null, null, "Passed")]
    [InlineData("KillTime", "UnkillableStepTimeout", "60 sec", "Warning")]
    [InlineData("KillTime", "UnkillableStepTimeout", "", "Unknown")]
    [InlineData("Processes", null, null, "Passed")]
    [InlineData("Processes", "ProctrackType", "proctrack/linuxproc", "Warning")]
    [InlineData("Processes", "TaskPlugin", "task/none", "Warning")]
    [InlineData("JobSubmit", null, null, "Passed")]
    [InlineData("JobSubmit", "JobSubmitPlugins", "(null)", "Failed")]
    [InlineData("Interactive", null, null, "Passed")]
    [InlineData("Interactive", "LaunchParameters", "(null)", "Skipped")]
    public async Task A_controller_is_judged_by_what_it_runs_with(string check, string? key, string? value, string result)
    {
        var running = new Dictionary<string, string>(Fit, StringComparer.OrdinalIgnoreCase);
        if (key is not null)
        {
            running[key] = value!;
        }

        var found = SlurmHookChecks.OfController.Single(one => one.Name == check).Judge(await EvidenceAsync(running));
        Assert.Equal(result, found.Result.ToString());
        Assert.Equal(result is "Passed" or "Unknown", found.Remedy is null);
    }

    [Fact]
    public async Task A_job_submit_lua_or_a_list_of_names_that_is_not_ours_fails()
    {
        var evidence = await EvidenceAsync(Fit);
        var standing = new Dictionary<string, string?>(evidence.Lua) { ["/etc/slurm/pisahpc-environments"] = "0 644 0" };
        Assert.Contains("pisahpc-environments is not", JobSubmit(evidence with { Lua = standing }).Evidence, StringComparison.Ordinal);
        var hooks = evidence.Hooks with { JobSubmit = new TextChange("/etc/slurm/job_submit.lua", "return 0\n", null) };
        Assert.Contains("does not call pisahpc.lua", JobSubmit(evidence with { Hooks = hooks }).Evidence, StringComparison.Ordinal);

        static CheckFinding JobSubmit(ControllerEvidence evidence) =>
            SlurmHookChecks.OfController.Single(one => one.Name == "JobSubmit").Judge(evidence);
    }

    [Theory]
    [InlineData("HookProgram", "version", "0.1.0+abc", "Passed")]
    [InlineData("HookProgram", "version", "0.0.9", "Warning")]
    [InlineData("HookProgram", "version", null, "Failed")]
    [InlineData("HookSite", "site", "same", "Passed")]
    [InlineData("HookSite", "site", "other", "Warning")]
    [InlineData("HookSite", "site", null, "Failed")]
    [InlineData("HookRecords", "run", null, "Passed")]
    [InlineData("HookRecords", "run", "tmpfs 755 0", "Passed")]
    [InlineData("HookRecords", "run", "ext4 755 0", "Warning")]
    [InlineData("HookRecords", "run", "tmpfs 777 0", "Failed")]
    [InlineData("HookRecords", "run", "tmpfs 755 4001", "Failed")]
    [InlineData("HookConfig", "configuration", "same", "Passed")]
    [InlineData("HookConfig", "configuration", null, "Passed")]
    [InlineData("HookConfig", "configuration", "other", "Failed")]
    public void A_node_is_judged_by_what_it_says(string check, string fact, string? value, string result)
    {
        Dictionary<string, string> facts = new() { ["version"] = "0.1.0", ["site"] = "same", ["configuration"] = "same" };
        facts.Remove(fact);
        if (value is not null)
        {
            facts[fact] = value;
        }

        Expect(result, check, Node with { Facts = facts });
    }

    [Theory]
    [InlineData("cgroupfs", "Passed")]
    [InlineData("systemd", "Warning")]
    [InlineData(null, "Unknown")]
    public void Whose_groups_containers_are_in_is_told(string? driver, string result) =>
        Expect(result, "CgroupDriver", Node with { CgroupDriver = driver });

    [Theory]
    [InlineData(0, "Passed")]
    [InlineData(-20, "Warning")]
    [InlineData(400, "Failed")]
    public void A_clock_that_is_off_is_told(double skew, string result) => Expect(result, "Clock", Node with { ClockSkewSec = skew });

    [Fact]
    public void A_file_that_is_missing_another_or_open_to_others_is_named()
    {
        HookFile file = new("/usr/lib/pisahpc/slurm-prolog", "text", HookFile.Executable);
        Expect("Passed", "HookFiles", Node);
        foreach (var (standing, words) in new (string?, string)[]
        {
            (null, "is missing"), ($"{file.Digest} 750 0", "has mode and owner 750 0"), ("0 755 0", "is another than"),
        })
        {
            var found = Expect("Failed", "HookFiles", Node with { Different = [(file, standing)] });
            Assert.Contains($"/usr/lib/pisahpc/slurm-prolog {words}", found.Evidence, StringComparison.Ordinal);
        }
    }

    private static HookNodeEvidence Node => new()
    {
        Node = "n01",
        Site = Site,
        System = "slurm",
        SiteDigest = "same",
        ConfigurationDigest = "same",
        Version = "0.1.0",
    };

    private static CheckFinding Expect(string result, string check, HookNodeEvidence evidence)
    {
        var found = SlurmHookChecks.OfNode.Single(one => one.Name == check).Judge(evidence);
        Assert.Equal(result, found.Result.ToString());
        Assert.Equal(result is "Warning" or "Failed", found.Remedy is not null);
        return found;
    }

    private static async Task<ControllerEvidence> EvidenceAsync(IReadOnlyDictionary<string, string> running)
    {
        var site = await SlurmConf.ReadAsync("ClusterName=a\nNodeName=n01\n");
        HookFile[] lua =
        [
            new("/etc/slurm/pisahpc.lua", HookFiles.Lua, HookFile.Readable),
            new("/etc/slurm/pisahpc-environments", HookFiles.Names(Site), HookFile.Readable),
        ];
        var hooks = new SlurmHooks
        {
            Controller = new SlurmController { Host = "head", Running = running, Jobs = [] },
            Standing = site,
            Site = site,
            Directory = "/etc/slurm",
            JobSubmit = new TextChange("/etc/slurm/job_submit.lua", JobSubmitLua.New("/etc/slurm"), null),
        };
        return new ControllerEvidence(
            hooks, Site, TimeSpan.FromSeconds(80), lua.ToDictionary(file => file.Path, file => (string?)file.Standing));
    }
}
