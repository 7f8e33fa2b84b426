namespace PisaHpc.BatchHooks;

/// <summary>What has to hold for the checks of hooks, in a line each. What several batch systems have is one check by its name.</summary>
internal static class HookCheckWords
{
    /// <summary>The line of a check; where it holds otherwise for each batch system, of all of them.</summary>
    /// <param name="check">The check's name.</param>
    public static string Of(string check) => check switch
    {
        "HookFiles" => "a node's hooks are this module's, for this site, root's, with their modes",
        "HookProgram" => "pisahpc-hook starts there, in this module's version",
        "HookSite" => "root reads the same site definition there",
        "HookRecords" => "the directory for jobs' files is root's alone and in memory",
        "HookConfig" => "Slurm: the node has no slurm.conf that is another than the controller's",
        "CgroupDriver" => "the engine makes containers' groups where a job's limits can hold them",
        "Clock" => "the node's clock agrees with this machine's",
        "HookLines" => "the batch system runs with our hooks, and not only its file has them",
        "HookTime" => "the batch system waits for a hook longer than one may last",
        "PrologFlags" => "Slurm: Alloc, Contain, DeferBatch",
        "BatchStart" => "Slurm: BatchStartTimeout is above what a hook may last",
        "Credential" => "Slurm: credentials live longer than a hook may last (cred_expire)",
        "KillTime" => "Slurm: UnkillableStepTimeout leaves a slow step its time",
        "Processes" => "Slurm: proctrack/cgroup and task/cgroup",
        "JobSubmit" => "Slurm: job_submit.lua calls ours, with the names that the site has now",
        "Interactive" => "Slurm: salloc's shell runs in the container",
        "HookUser" => "LSF: a node's lsf.sudoers has LSB_PRE_POST_EXEC_USER=root, and is root's, 0600",
        "HostName" => "LSF, HTCondor: the node's own name is the one that it is called by, with a domain or without",
        "PostHolds" => "LSF: JOB_INCLUDE_POSTPROC=Y: a job keeps its slots until its containers are gone",
        "RetryLimit" => "LSF: LOCAL_MAX_PREEXEC_RETRY is set, and its action is EXIT",
        "RootHooks" => "LSF: no pre- or post-execution of a queue or profile that a user names: it runs as root",
        "Esub" => "LSF: the esub, its links and its list are this module's, for this site",
        "HookKeyword" => "HTCondor: jobs that name no hooks have ours",
        "HookRoot" => "HTCondor: sudo runs htcondor-root for a user, and its file is root's, 0440",
        "Startd" => "HTCondor: STARTD_ADDRESS_FILE has the startd's address, and others cannot write it",
        "ScratchPath" => "HTCondor: EXECUTE is not writable for others",
        _ => throw new ArgumentOutOfRangeException(nameof(check), check, "There are no words for this check."),
    };
}
