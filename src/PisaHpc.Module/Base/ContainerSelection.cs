using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Containers;

namespace PisaHpc.Module.Base;

/// <summary>What -Node, -JobId, -Name and -Static mean together, where containers are looked for on nodes.</summary>
/// <param name="cmdlet">Whose parameters they are.</param>
internal sealed class ContainerSelection(NodeCmdlet cmdlet)
{
    private readonly List<(string Node, string? JobId)> _asked = [];
    private readonly Dictionary<string, HpcException> _undeclared = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<HpcContainer> _found = [];

    /// <summary>Names of containers, with wildcards.</summary>
    public IReadOnlyList<string> Names { get; init; } = ["*"];

    /// <summary>Names of static environments, with wildcards; none for any container.</summary>
    public IReadOnlyList<string> Static { get; init; } = [];

    /// <summary>The nodes on which to look, each once.</summary>
    public IEnumerable<string> Nodes => _asked.Select(asked => asked.Node).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// Asks for containers: on the nodes that are named; else on those declared for the static environments; else on those of the jobs.
    /// </summary>
    /// <param name="jobIds">Ids with wildcards; null among them is any container, one of no job too.</param>
    public void Ask(string[] nodes, IEnumerable<string?> jobIds)
    {
        if (Static.Count > 0 && nodes.Length == 0)
        {
            _asked.AddRange(StaticNames.DefinitionsOf(cmdlet, Static, wrong => _undeclared[$"{wrong.Target}"] = wrong)
                .SelectMany(definition => definition.NodeNames()).Select(node => (node, (string?)null)));
            return;
        }

        foreach (var id in jobIds)
        {
            _asked.AddRange(cmdlet.NodesOfJob(id ?? "*", nodes).Select(node => (node, id)));
        }
    }

    /// <summary>A test for containers of any node; what it lets pass counts as found.</summary>
    public Func<HpcContainer, bool> Filter()
    {
        var jobs = _asked.ToLookup(asked => asked.Node, asked => asked.JobId is null ? _ => true : JobIdPattern.OfOwner(asked.JobId));
        var names = Names.Select(name => new WildcardPattern(name)).ToArray();
        var statics = Static.Select(name => new WildcardPattern(name)).ToArray();
        return container =>
        {
            var isMeant = jobs[container.Node].Any(matches => matches(container.JobId))
                && names.Any(name => name.IsMatch(container.Name))
                && (statics.Length == 0 || (container.Static is { } of && statics.Any(name => name.IsMatch(of))));
            if (isMeant)
            {
                _found.Add(container);
            }

            return isMeant;
        };
    }

    /// <summary>The failures of what was named without wildcards and not found.</summary>
    /// <param name="jobIds">The ids that somebody typed.</param>
    public IEnumerable<HpcException> Missing(IEnumerable<string> jobIds)
    {
        var jobs = from jobId in jobIds.Where(JobIdPattern.IsOne).Except(_found.Select(container => container.JobId))
                   select MissingJob(jobId);
        var statics = from name in Exact(Static).Except(_undeclared.Keys).Except(_found.Select(container => container.Static))
                      select new HpcException(
                          ErrorId.ContainerNotFound,
                          $"No node that was asked has a container of static environment {Quote.Of(name)}.",
                          name);
        var names = from name in Exact(Names).Except(_found.Select(container => container.Name))
                    select new HpcException(ErrorId.ContainerNotFound, $"No node that was asked has a container {Quote.Of(name)}.", name);
        return jobs.Concat(_undeclared.Values).Concat(statics).Concat(names);
    }

    /// <summary>The failure of a job that was named and has no container.</summary>
    public static HpcException MissingJob(string jobId) =>
        new(ErrorId.JobNotFound, $"Job {Quote.Of(jobId)} has no container on the nodes asked.", jobId);

    private static IEnumerable<string> Exact(IEnumerable<string> names) =>
        names.Where(name => !WildcardPattern.ContainsWildcardCharacters(name));
}
