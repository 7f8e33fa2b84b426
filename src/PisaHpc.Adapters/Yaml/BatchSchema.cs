using PisaHpc.Batch;
using PisaHpc.Sites;
using static PisaHpc.Adapters.Yaml.CollectionShapes;
using static PisaHpc.Adapters.Yaml.ScalarShapes;
using BatchKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.BatchSettings>;
using DrainKey = PisaHpc.Adapters.Yaml.DefinitionKeys<PisaHpc.Sites.DrainRule>;

namespace PisaHpc.Adapters.Yaml;

/// <summary>The keys of a site's batch system.</summary>
internal static class BatchSchema
{
    private static readonly Shape<DrainRule> Drain = Map(
        new DrainRule(),
        [
            DrainKey.Of(
                "after", Count("a number of jobs", 1, 1000), (rule, jobs) => rule with { After = jobs.Value },
                "After how many different jobs in a row that were not set up by the node's own fault.", required: true),
            DrainKey.Of(
                "perHour", Count("a number of nodes", 1, 1000), (rule, nodes) => rule with { PerHour = nodes.Value },
                "How many nodes of the cluster may be drained within an hour; 2 when left out."),
        ]);

    /// <summary>A daemon's name in its pool: a host's, or name@host.</summary>
    private static readonly Shape<string> Schedd = Text(
        "a condor_schedd's name, such as sched01.example or name@sched01.example", "^[A-Za-z0-9][A-Za-z0-9._-]*(@[A-Za-z0-9._-]+)?$");

    /// <summary>The batch system.</summary>
    public static Shape<BatchSettings> Batch { get; } = Map(
        new BatchSettings(),
        [
            BatchKey.Of(
                "system", Word(("slurm", Scheduler.Slurm), ("lsf", Scheduler.Lsf), ("htcondor", Scheduler.HTCondor)),
                (batch, system) => batch with { System = system.Value },
                "The batch system; slurm when left out."),
            BatchKey.Of(
                "host", SiteShapes.HostName, (batch, host) => batch with { Host = host.Value },
                "A host that has the batch system's client programs, reached as the nodes are; this machine when left out."),
            BatchKey.Of(
                "cluster", SiteShapes.Name, (batch, cluster) => batch with { Cluster = cluster.Value },
                "Its cluster's name, as lsid says it, or ClusterName in slurm.conf: another cluster's answer is none. Any will do when "
                + "left out. HTCondor's schedulers are named instead."),
            BatchKey.Of(
                "profile", SiteShapes.AbsolutePath, (batch, profile) => batch with { Profile = profile.Value },
                "The profile.lsf on that host by which LSF is asked; when left out, and LSF's programs are in no usual place, that of "
                + "LSF_ENVDIR, which counts for nothing to root, else of /etc."),
            BatchKey.Of(
                "schedulers", List(Schedd, orOne: true), (batch, names) => batch with { Schedulers = Values(names) },
                "HTCondor's schedulers, all whose jobs may have containers here, by their names as condor_status -schedd lists them. One "
                + "that does not answer makes the answer none; of another one's job nothing is said."),
            BatchKey.Of(
                "drain", Drain, (batch, rule) => batch with { Drain = rule.Value },
                "When the hooks have Slurm drain a node that is broken; never when left out."),
        ],
        finish: CheckSystem);

    /// <summary>What one batch system has, another one would leave undone in silence.</summary>
    private static BatchSettings? CheckSystem(BatchSettings batch, DefinitionNode node, string path, SiteReading reading)
    {
        string[] others = batch.System == Scheduler.HTCondor ? ["cluster", "profile"] : ["schedulers"];
        foreach (var entry in node.Entries.Where(entry => others.Contains(entry.Key.Text)))
        {
            reading.Error(
                "BadValue", entry.Key, Below(path, entry.Key.Text),
                $"{Quote.Of(entry.Key.Text)} is of another batch system than {batch.System.ToString().ToLowerInvariant()}",
                $"Take {Quote.Of(entry.Key.Text)} out.");
        }

        var named = node.Entries.FirstOrDefault(entry => entry.Key.Text == "schedulers")?.Value;
        if (batch.System == Scheduler.HTCondor && named is null or { IsNull: true } or { Kind: DefinitionNodeKind.List, Items.Count: 0 })
        {
            reading.Error(
                "MissingKey", node, path, "key 'schedulers' is missing: each of HTCondor's schedulers counts jobs of its own",
                "Add the names that condor_status -schedd lists: schedulers: [ sched01.example ].");
        }

        if (batch.Schedulers.GroupBy(name => name.Replace('@', '_')).FirstOrDefault(names => names.Count() > 1) is { } same)
        {
            reading.Error(
                "BadValue", node, Below(path, "schedulers"), $"ids of jobs do not tell {string.Join(" and ", same)} apart",
                "Name one of them, or give one another SCHEDD_NAME.");
        }

        return CheckDrain(batch, node, path, reading);
    }

    /// <summary>The hooks of LSF close no host: what is asked for there would not come.</summary>
    private static BatchSettings? CheckDrain(BatchSettings batch, DefinitionNode node, string path, SiteReading reading)
    {
        if (batch.Drain is null || batch.System == Scheduler.Slurm)
        {
            return batch;
        }

        reading.Error(
            "BadValue", node.Entries.First(entry => entry.Key.Text == "drain").Key, Below(path, "drain"),
            "nodes are drained by the hooks of slurm alone", "Take 'drain' out.");
        return null;
    }
}
