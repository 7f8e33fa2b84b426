using PisaHpc.BatchHooks.HTCondor;

namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>What a node says of its HTCondor, as a test wants it.</summary>
internal static class CondorNode
{
    /// <summary>One whose configuration has our lines in force.</summary>
    public static HTCondorNode Fit { get; } = Of(
        ("PISAHPC_HOOK_PREPARE_JOB", "/usr/lib/pisahpc/htcondor-prepare"),
        ("PISAHPC_HOOK_JOB_EXIT", "/usr/lib/pisahpc/htcondor-exit"),
        ("PISAHPC_HOOK_JOB_EXIT_TIMEOUT", "110"),
        ("STARTER_DEFAULT_JOB_HOOK_KEYWORD", "PISAHPC"),
        ("USER_JOB_WRAPPER", "/usr/lib/pisahpc/htcondor-job"),
        ("STARTD_JOB_ATTRS", "JobPrio,OsUser Owner NumJobStarts PisaHpcEnvironment"),
        ("STARTD_ATTRS", "HasPisaHpc"),
        ("sh-p", "yes"),
        ("startd", "644 <127.0.0.1:9618?sock=startd>"),
        ("wrapper", "pisahpc-run"),
        ("EXECUTE", "/var/lib/condor/execute"),
        ("execute", "755"),
        ("sudo", "/usr/lib/pisahpc/htcondor-root start"));

    /// <summary>One that says this beside what every one does.</summary>
    public static HTCondorNode Of(params (string Name, string Value)[] facts) => new()
    {
        Node = "n01",
        Facts = facts.Concat(
        [
            ("bin", "/usr/bin"), ("program", "/usr/sbin/condor_starter"), ("LOCAL_CONFIG_DIR", "/etc/condor/config.d"),
            ("STARTD_ADDRESS_FILE", "/var/log/condor/.startd_address"), ("address", "/var/log/condor/.startd_address"), ("account", "64"),
        ])
            .DistinctBy(fact => fact.Item1).ToDictionary(fact => fact.Item1, fact => fact.Item2),
    };

    /// <summary>One that says this in place of what it says.</summary>
    public static HTCondorNode With(this HTCondorNode node, string name, string? value) => node with
    {
        Facts = node.Facts.Where(fact => fact.Key != name)
            .Concat(value is null ? [] : [KeyValuePair.Create(name, value)])
            .ToDictionary(fact => fact.Key, fact => fact.Value),
    };
}
