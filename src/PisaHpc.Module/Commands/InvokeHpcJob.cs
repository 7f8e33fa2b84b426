using System.Management.Automation;
using PisaHpc.Jobs;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Runs a command in a job's container on one node, as the job's user. Each line of output is an <see cref="HpcJobOutput"/> as it arrives;
/// the last object is the <see cref="HpcJobResult"/>. An exit code other than 0 is also the error CommandFailed.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "HpcJob", SupportsShouldProcess = true)]
[OutputType(typeof(HpcJobOutput), typeof(HpcJobResult))]
public sealed class InvokeHpcJobCommand : NodeCmdlet
{
    /// <summary>The job.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string JobId { get; set; } = "";

    /// <summary>The program: a name on the container's PATH, an absolute path, or one relative to -WorkingDirectory.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(ContainerProgramCompleter))]
    public string Command { get; set; } = "";

    /// <summary>The program's arguments, each passed as it is: no shell looks at them.</summary>
    [Parameter(Position = 2)]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>The node, one of the job's; its first one when not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string? Node { get; set; }

    /// <summary>The working directory in the container, an absolute path; the user's home when not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InnerDirectoryCompleter))]
    public string? WorkingDirectory { get; set; }

    /// <summary>Writes the result alone.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var jobId = JobIdPattern.One(JobId, "Invoke-HpcJob");
        var command = new JobCommand(Cluster);
        var place = await command.FindAsync(jobId, await AnyNodeOfAsync(jobId, Node is null ? [] : [Node]), Node, StopToken);
        if (await ShouldProcessAsync($"{place.Node}: job {jobId}", $"Run {Command}"))
        {
            await RunAsync(command, new JobCommandRequest
            {
                Place = place,
                Command = Command,
                Arguments = ArgumentList,
                WorkingDirectory = WorkingDirectory,
            });
        }
    }

    private async Task RunAsync(JobCommand command, JobCommandRequest request)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        limit.CancelAfter(NodeTimeout);
        try
        {
            var (result, failure) = await command.RunAsync(request, WriteAsync, limit.Token);
            Emit(result);
            if (failure is not null)
            {
                Report(failure);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !StopToken.IsCancellationRequested)
        {
            throw new HpcException(
                ErrorId.NodeTimeout,
                $"Job {request.Place.JobId}: {Command} did not end on {request.Place.Node} within {TimeoutSec} s, and was ended.",
                request.Place.Node);
        }
    }

    private Task WriteAsync(HpcJobOutput line)
    {
        if (Quiet)
        {
            return Task.CompletedTask;
        }

        Emit(line);
        return CaughtUpAsync();
    }
}
