using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Batch;
using PisaHpc.HostLists;
using PisaHpc.Jobs;
using PisaHpc.Module.Base;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Starts a job on all of its nodes, or on none: lease, keys, containers, ready.</summary>
[Cmdlet(VerbsLifecycle.Start, "HpcJob", SupportsShouldProcess = true, DefaultParameterSetName = FromAllocation)]
[OutputType(typeof(HpcJob))]
public sealed class StartHpcJobCommand : PlanCmdlet, IBackgroundCmdlet
{
    /// <summary>The allocation; read from the batch system's environment when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = FromAllocation)]
    public HpcAllocation? Allocation { get; set; }

    /// <summary>How long the port's lease holds; the port area's own time when not given.</summary>
    [Parameter]
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>Offers host-based authentication beside the job's key.</summary>
    [Parameter]
    public SwitchParameter HostBased { get; set; }

    /// <summary>With -WhatIf: emits the job that would be started.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Goes on in the background: writes a job of the session, with a child for each node that is known before.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    IEnumerable<string> IBackgroundCmdlet.NodesBound() => AllocationMeant.Nodes.Select(node => node.Name);

    private HpcAllocation AllocationMeant => Allocation ?? AllocationReader.Read(JobEnvironment.OfProcess());

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var allocation = AllocationMeant;
        var area = PortArea.Of(RequiredPorts, Warn);
        var containers = RequestFor(allocation);
        var request = new JobRequest
        {
            Containers = containers,
            RunDirectory = SiteDefinition.RunDirectory,
            TimeToLive = TimeToLive ?? RequiredPorts.TimeToLive,
            HostBased = HostBased,
            AskMemory = SiteJobMemory.Of(SiteDefinition, allocation, containers.Environment),
        };
        using var bars = FollowNodes($"Starting job {allocation.JobId}", allocation.Nodes.Count, Phase.StartOnNode);
        await StartAsync(
            new JobStarter(Cluster, new Ed25519KeyGenerator(), area) { Recorder = Recorder, Warn = Warn, TakenBack = TakenBack },
            request);
    }

    private async Task StartAsync(JobStarter starter, JobRequest request)
    {
        var nodes = HostList.Fold(request.Allocation.Nodes.Select(node => node.Name));
        if (await ShouldProcessAsync($"{nodes}: job {request.Allocation.JobId}", $"Start environment {request.Environment.Name}"))
        {
            await starter.StartAsync(request, job => HandOverAsync(request, job), StopToken);
            return;
        }

        var plans = await starter.PlanAsync(request, RunsAlready, StopToken);
        foreach (var plan in plans)
        {
            var options = plan.Options.Where(option => option.Name != "label").Select(option => $"{option.Name}={option.Value}");
            Detail($"{plan.Node}: {plan.Name}: {string.Join(' ', options)}");
        }

        if (PassThru && plans.Count > 0)
        {
            Emit(JobStarter.Predict(request, plans));
        }

        Task RunsAlready(HpcJob job)
        {
            var compared = Compared(request, job);
            return PassThru ? HandOverAsync(compared) : Task.CompletedTask;
        }
    }

    private Task HandOverAsync(JobRequest request, HpcJob job) => HandOverAsync(Compared(request, job));

    /// <summary>Says how a job that runs already is another than the one that is asked for, to people and to programs.</summary>
    private HpcJob Compared(JobRequest request, HpcJob job)
    {
        var differences = request.DifferencesOf(job);
        if (differences.Count > 0)
        {
            Warn($"Job {job.JobId} runs already and is left as it is: {string.Join("; ", differences)}. "
                + $"To change that, stop it first: Stop-HpcJob '{job.JobId}'.");
        }

        return job with { Differences = differences };
    }
}
