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

    /// <summary>The batch system.</summary>
    public static Shape<BatchSettings> Batch { get; } = Map(
        new BatchSettings(),
        [
            BatchKey.Of(
                "system", Word(("slurm", Scheduler.Slurm), ("lsf", Scheduler.Lsf)), (batch, system) => batch with { System = system.Value },
                "The batch system; slurm when left out."),
            BatchKey.Of(
                "host", SiteShapes.HostName, (batch, host) => batch with { Host = host.Value },
                "A host that has the batch system's client programs, reached as the nodes are; this machine when left out."),
            BatchKey.Of(
                "cluster", SiteShapes.Name, (batch, cluster) => batch with { Cluster = cluster.Value },
                "Its cluster's name, as lsid says it, or ClusterName in slurm.conf: another cluster's answer is none. Any will do when "
                + "left out."),
            BatchKey.Of(
                "profile", SiteShapes.AbsolutePath, (batch, profile) => batch with { Profile = profile.Value },
                "The profile.lsf on that host by which LSF is asked; when left out, and LSF's programs are in no usual place, that of "
                + "LSF_ENVDIR, which counts for nothing to root, else of /etc."),
            BatchKey.Of(
                "drain", Drain, (batch, rule) => batch with { Drain = rule.Value },
                "When the hooks have Slurm drain a node that is broken; never when left out."),
        ],
        finish: CheckDrain);

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
