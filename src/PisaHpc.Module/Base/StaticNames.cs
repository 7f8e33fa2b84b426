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
    /// <exception cref="HpcException"><see cref="ErrorId.StaticNotFound"/>; <see cref="ErrorId.SiteMissing"/>.</exception>
    public static IReadOnlyList<StaticDefinition> DefinitionsOf(SiteCmdlet cmdlet, IEnumerable<string> names)
    {
        var site = cmdlet.RequiredSite;
        return [.. names.SelectMany(Meant).DistinctBy(definition => definition.Name)];

        IEnumerable<StaticDefinition> Meant(string name)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                return [site.StaticNamed(name)];
            }

            var pattern = new WildcardPattern(name);
            return site.Static.Values.Where(definition => pattern.IsMatch(definition.Name));
        }
    }

    /// <summary>The nodes that are meant of those that are declared for an environment: all, where -Node names none.</summary>
    /// <param name="strict">Whether a node that is not declared for it is an error; else it is passed over.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: a node is not declared for it.</exception>
    public static IReadOnlyList<string> NodesOf(SiteCmdlet cmdlet, StaticDefinition definition, string[] nodes, bool strict)
    {
        var declared = definition.NodeNames();
        if (nodes.Length == 0)
        {
            return declared;
        }

        var named = nodes.Where(node => !WildcardPattern.ContainsWildcardCharacters(node)).ToList();
        if (strict && named.Except(declared).FirstOrDefault() is { } stranger)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"Static environment {definition.Name} is not declared on {stranger}, but on {string.Join(", ", definition.Nodes)}.",
                stranger,
                $"Add it to static.{definition.Name}.nodes in the site definition.");
        }

        return [.. declared.Intersect(cmdlet.NodesOf(nodes))];
    }

    /// <summary>Who asks, as a container's label says it: the person behind sudo, where there is one.</summary>
    public static string Asker() =>
        $"{System.Environment.GetEnvironmentVariable("SUDO_USER") ?? System.Environment.UserName}@{System.Environment.MachineName}";

    /// <summary>
    /// Plans the containers of environments. One that cannot be planned at all is reported, and so is each node that cannot; the others
    /// go on.
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
                foreach (var definition in DefinitionsOf(cmdlet, [name]).Where(one => plans.All(plan => plan.Static != one.Name)))
                {
                    var meant = NodesOf(cmdlet, definition, nodes, strict);
                    using var bars = cmdlet.FollowNodes($"Planning static environment {definition.Name}", meant.Count, Phase.Survey);
                    plans.AddRange(await planner.PlanAsync(definition, meant, stopping));
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
