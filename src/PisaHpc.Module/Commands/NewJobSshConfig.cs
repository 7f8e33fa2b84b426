using System.Management.Automation;
using System.Net;
using PisaHpc.Access.Ssh;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Batch;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;
using PisaHpc.Posix;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Makes a job's ssh identity and writes it to each of its nodes: a key pair, a host key, known_hosts, client and server configuration.
/// On all nodes, or on none. A job that has one keeps its keys.
/// </summary>
[Cmdlet(VerbsCommon.New, "JobSshConfig", SupportsShouldProcess = true)]
[OutputType(typeof(JobSshConfig))]
public sealed class NewJobSshConfigCommand : NodeCmdlet
{
    /// <summary>The port on which the job's sshd will listen on each node: a number, or the lease of New-JobPort.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [PortNumber]
    [ValidateRange(1, IPEndPoint.MaxPort)]
    public int Port { get; set; }

    /// <summary>The job: its nodes, slots and owner.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    public HpcAllocation Allocation { get; set; } = null!;

    /// <summary>
    /// Offers host-based authentication before the job's key. It needs a setuid ssh-keysign in the image, a container that may gain
    /// privileges, and nodes' names that resolve both ways; where one of these is missing, ssh falls back to the key.
    /// </summary>
    [Parameter]
    public SwitchParameter HostBased { get; set; }

    /// <summary>The login shell in the container; the owner's own may not exist in the image.</summary>
    [Parameter]
    public string Shell { get; set; } = "/bin/sh";

    /// <summary>With -WhatIf: writes the predicted configuration, with empty fingerprints where the job has no keys yet.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var request = new JobSshRequest
        {
            Allocation = Allocation,
            Port = Port,
            Directory = JobDirectory.PathOf(SiteDefinition.RunDirectory, Allocation.JobId),
            Keys = JobSshSetup.NoKeys,
            GroupNames = OperatingSystem.IsLinux() ? GroupNames.Of(Allocation.Owner.Groups) : [],
            HostBased = HostBased,
            Shell = Shell,
        };
        JobSshFiles.Check(request);
        var target = $"{request.Directory} on {HostList.Fold(Allocation.Nodes.Select(node => node.Name))}";
        var setup = new JobSshSetup(Cluster, new Ed25519KeyGenerator()) { TakenBack = TakenBack };
        if (!await ShouldProcessAsync(target, $"Write the ssh configuration of job {Allocation.JobId}"))
        {
            if (PassThru)
            {
                Emit(await setup.PredictAsync(request, StopToken));
            }

            return;
        }

        using var bars = FollowNodes(
            $"Writing the ssh configuration of job {Allocation.JobId}", Allocation.Nodes.Count, Phase.WriteAccess);
        Emit(await setup.WriteAsync(request, StopToken));
    }
}
