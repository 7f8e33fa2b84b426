using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Jobs;

/// <summary>What the nodes of a job look like before anything is changed.</summary>
/// <param name="Nodes">What a plan has to know of them.</param>
/// <param name="Containers">The containers of the job that are there already, by node.</param>
internal sealed record JobSurvey(AllocationSurvey Nodes, IReadOnlyDictionary<string, IReadOnlyList<EngineContainer>> Containers)
{
    /// <summary>Asks every node of a job's allocation.</summary>
    public static async Task<JobSurvey> ReadAsync(
        AllocationPlanner planner, JobRequest request, CancellationToken cancellationToken)
    {
        var containers = new ConcurrentDictionary<string, IReadOnlyList<EngineContainer>>();
        var ofJob = ContainerLabels.Filter(request.Allocation.JobId);
        var nodes = await planner.SurveyAsync(
            async (engine, stopping) => containers[engine.Node] = await engine.ListAsync(ofJob, stopping), cancellationToken);
        return new JobSurvey(nodes, containers);
    }
}
