using System.Management.Automation;
using PisaHpc.Access.Ssh;
using PisaHpc.Containers.Placed;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Removes a job's ssh configuration, keys and all, from nodes. Twice is fine.</summary>
[Cmdlet(VerbsCommon.Remove, "JobSshConfig", SupportsShouldProcess = true)]
[OutputType(typeof(JobSshRemoval))]
public sealed class RemoveJobSshConfigCommand : NodeCmdlet
{
    /// <summary>The job.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string JobId { get; set; } = "";

    /// <summary>
    /// The nodes: names, host lists, or objects that carry nodes, such as the configuration itself; the job's when none is named.
    /// </summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Nodes")]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <summary>With -WhatIf: writes what would be removed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var jobId = JobIdPattern.One(JobId, "Remove-JobSshConfig", "Get-JobSshConfig");
        var (nodes, directory) = (NodesOfJob(jobId, Node), JobDirectory.PathOf(SiteDefinition.RunDirectory, jobId));
        if (await ShouldProcessAsync($"{directory} on {HostList.Fold(nodes)}", $"Remove the ssh configuration of job {JobId}"))
        {
            await EmitEachAsync(nodes, directory, RemoveAsync);
        }
        else if (PassThru)
        {
            await EmitEachAsync(nodes, directory, async (connection, path, stopping) =>
                await JobDirectory.ReadAsync(connection, path, [], stopping) is not null);
        }
    }

    private async Task<bool> RemoveAsync(INodeConnection connection, string directory, CancellationToken stopping)
    {
        var record = PlacedJobs.RecordOf(SiteDefinition.RunDirectory, JobId);
        var nextStep = $"Stop the job: Stop-HpcJob '{JobId}'.";
        return await JobDirectory.RemoveUnlessAsync(connection, directory, record, owner: null, stopping) ?? throw new HpcException(
            ErrorId.InvalidValue,
            $"Job {JobId} is placed into a static environment on {connection.Node}, and its ssh configuration goes with the job alone.",
            connection.Node,
            nextStep);
    }

    private Task EmitEachAsync(
        IReadOnlyList<string> nodes, string directory, Func<INodeConnection, string, CancellationToken, Task<bool>> remove) =>
        OnEachAsync("Removing ssh configurations", Phase.RemoveAccess, nodes, async (node, stopping) =>
        {
            var connection = await Cluster.Nodes.ConnectAsync(node, stopping);
            Emit(new JobSshRemoval(JobId, node, directory, await remove(connection, directory, stopping)));
        });
}
