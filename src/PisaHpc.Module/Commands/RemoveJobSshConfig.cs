using System.Management.Automation;
using PisaHpc.Allocations;
using PisaHpc.Base;
using PisaHpc.SshConfigs;

namespace PisaHpc.Commands;

/// <summary>Removes a job's ssh configuration, keys and all, from nodes. Twice is fine.</summary>
[Cmdlet(VerbsCommon.Remove, "JobSshConfig", SupportsShouldProcess = true)]
[OutputType(typeof(JobSshRemoval))]
public sealed class RemoveJobSshConfigCommand : NodeCmdlet
{
    /// <summary>The job.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    public string JobId { get; set; } = "";

    /// <summary>The nodes: names, host lists, or objects that carry nodes, such as the configuration itself.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Nodes")]
    [NodeNames]
    public string[] Node { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var directory = JobDirectory.PathOf(SiteDefinition.RunDirectory, JobId);
        if (!await ShouldProcessAsync($"{directory} on {HostList.Fold(Node)}", $"Remove the ssh configuration of job {JobId}"))
        {
            return;
        }

        await OnEachAsync(Node, async (node, stopping) =>
        {
            await using var connection = await Connector.ConnectAsync(node, stopping);
            Emit(new JobSshRemoval(JobId, node, directory, await JobDirectory.RemoveAsync(connection, directory, stopping)));
        });
    }
}
