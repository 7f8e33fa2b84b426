using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Environments;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>What -Static and -Node mean together: declared environments on nodes that are declared for them.</summary>
internal static class StaticNames
{
    /// <summary>The declared environments that names with wildcards mean, each once.</summary>
    /// <param name="wrong">
    /// Told of each name that is not declared, with <see cref="ErrorId.StaticNotFound"/>; the others are meant all the same.
    /// </param>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteMissing"/>.</exception>
    public static IReadOnlyList<StaticDefinition> DefinitionsOf(
        SiteCmdlet cmdlet, IEnumerable<string> names, Action<HpcException> wrong)
    {
        var site = cmdlet.RequiredSite;
        return [.. names.SelectMany(Meant).DistinctBy(definition => definition.Name)];

        IEnumerable<StaticDefinition> Meant(string name)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                if (site.Static.TryGetValue(name, out var named))
                {
                    return [named];
                }

                wrong(site.StaticNotFound(name));
                return [];
            }

            var pattern = new WildcardPattern(name);
            return site.Static.Values.Where(definition => pattern.IsMatch(definition.Name));
        }
    }

    /// <summary>The nodes of what names mean, before there is a background job, which itself tells of the names that are wrong.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticNotFound"/>: none is declared, and the job could do nothing; <see cref="ErrorId.SiteMissing"/>.
    /// </exception>
    public static IEnumerable<string> NodesBound(SiteCmdlet cmdlet, IEnumerable<string> names)
    {
        HpcException? wrong = null;
        var meant = DefinitionsOf(cmdlet, names, failure => wrong ??= failure);
        return wrong is null || meant.Count > 0 ? meant.SelectMany(definition => definition.NodeNames()) : throw wrong;
    }

    /// <summary>
    /// The nodes that are meant of those that are declared for an environment, in the order in which they were named: all, where -Node
    /// names none.
    /// </summary>
    /// <param name="strict">Whether a node that is not declared for it is an error; else it is passed over.</param>
    /// <param name="wrong">
    /// Told of each node that is not declared for it, with <see cref="ErrorId.InvalidValue"/>; the others are meant all the same.
    /// </param>
    public static IReadOnlyList<string> NodesOf(
        SiteCmdlet cmdlet, StaticDefinition definition, string[] nodes, bool strict, Action<HpcException> wrong)
    {
        var declared = definition.NodeNames();
        if (nodes.Length == 0)
        {
            return declared;
        }

        var named = nodes.Where(node => !WildcardPattern.ContainsWildcardCharacters(node)).ToList();
        foreach (var stranger in strict ? named.Except(declared) : [])
        {
            wrong(new HpcException(
                ErrorId.InvalidValue,
                $"Static environment {definition.Name} is not declared on {stranger}, but on {string.Join(", ", definition.Nodes)}.",
                stranger,
                $"Add it to static.{definition.Name}.nodes in the site definition."));
        }

        return [.. cmdlet.NodesOf(nodes).Intersect(declared)];
    }

    /// <summary>Who asks, as a container's label says it: the person behind sudo, where there is one.</summary>
    public static string Asker() =>
        $"{System.Environment.GetEnvironmentVariable("SUDO_USER") ?? System.Environment.UserName}@{System.Environment.MachineName}";

    /// <summary>
    /// Plans the containers of environments. A name that is not declared is reported, one that cannot be planned at all, and each node that
    /// cannot or is not declared for it; the others go on.
    /// </summary>
    public static async Task<IReadOnlyList<HpcContainerPlan>> PlanAsync(
        NodeCmdlet cmdlet, IReadOnlyList<string> names, string[] nodes, Action<Exception, object?> report, CancellationToken stopping)
    {
        var planner = new StaticPlanner(cmdlet.Cluster, cmdlet.RequiredSite, Asker());
        var strict = !names.Any(WildcardPattern.ContainsWildcardCharacters);
        var plans = new List<HpcContainerPlan>();
        foreach (var name in names)
        {
            try
            {
                var meant = DefinitionsOf(cmdlet, [name], failure => report(failure, name));
                foreach (var definition in meant.Where(meant => plans.All(plan => plan.Static != meant.Name)))
                {
                    var named = NodesOf(cmdlet, definition, nodes, strict, failure => report(failure, name));
                    using var bars = cmdlet.FollowNodes($"Planning static environment {definition.Name}", named.Count, Phase.Survey);
                    plans.AddRange(await planner.PlanAsync(definition, named, stopping));
                }
            }
            catch (HpcException failure) when (failure.Id is not ErrorId.SiteMissing)
            {
                report(failure, name);
            }
        }

        return plans;
    }
}
