using System.Collections;
using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Containers.Commands;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Runs a command in many containers at once. Each line of output is an <see cref="HpcContainerOutput"/> as it arrives; a container's last
/// object is its <see cref="HpcContainerCommandResult"/>. An exit code other than 0 is also the error CommandFailed.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerCommand", SupportsShouldProcess = true, DefaultParameterSetName = ByObject)]
[OutputType(typeof(HpcContainerOutput), typeof(HpcContainerCommandResult), typeof(HpcContainerOutputGroup))]
public sealed class InvokeContainerCommandCommand : InsideContainerCmdlet
{
    private ContainerCommand _command = null!;
    private OutputFold? _fold;

    /// <summary>The program: a name on the container's PATH, an absolute path, or one relative to -WorkingDirectory.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(ContainerProgramCompleter))]
    public string Command { get; set; } = "";

    /// <summary>The program's arguments, each passed as it is: no shell looks at them.</summary>
    [Parameter(Position = 1)]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>Lines of text that each command reads from its standard input, which is empty when none is given.</summary>
    [Parameter]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[]? InputText { get; set; }

    /// <summary>A file of this machine that each command reads from its standard input.</summary>
    [Parameter]
    public string? InputFile { get; set; }

    /// <summary>Variables for the command.</summary>
    [Parameter]
    [Alias("Environment")]
    public IDictionary? Variable { get; set; }

    /// <summary>The working directory in the containers, an absolute path; the user's home when not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InnerDirectoryCompleter))]
    public string? WorkingDirectory { get; set; }

    /// <summary>Writes the results alone.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Writes one object for the containers whose commands wrote the same and ended the same, when all have ended.</summary>
    [Parameter]
    public SwitchParameter Fold { get; set; }

    /// <summary>Writes the result of each container as soon as it is there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        RefuseTogether(nameof(Fold), nameof(Quiet));
        RefuseBeside(nameof(Unordered), nameof(Fold));
        _command = new ContainerCommand
        {
            Command = Command,
            Arguments = ArgumentList,
            User = ContainerUser.Parse(User),
            WorkingDirectory = WorkingDirectory,
            Variables = ParameterLayer.Words(Variable),
            Input = Input(),
        }.Check();
        _fold = Fold ? new OutputFold(_command.Line) : null;
        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await base.EndAsync();
        EmitAll(_fold?.Groups ?? []);
    }

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    private protected override async Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        if (!await ShouldProcessAsync($"{container.Node}: {container.Name}", $"Run {Command}"))
        {
            return;
        }

        try
        {
            var text = new OutputText();
            var (result, failure) = await _command.RunAsync(engine, container, lines => WriteAsync(lines, text), stopping);
            if (_fold is null)
            {
                Emit(result);
            }
            else
            {
                _fold.Add(container, result.ExitCode, text);
            }

            if (failure is not null)
            {
                ReportNode(new NodeFailure(container.Node, failure));
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !StopToken.IsCancellationRequested)
        {
            throw new HpcException(
                ErrorId.NodeTimeout,
                $"Container {container.Name}: {Command} did not end on {container.Node} within {TimeoutSec} s, and was ended.",
                container.Node);
        }
    }

    private Task WriteAsync(IReadOnlyList<HpcContainerOutput> lines, OutputText text)
    {
        if (_fold is not null)
        {
            text.Add(lines);
        }

        if (Quiet || Fold)
        {
            return Task.CompletedTask;
        }

        // Results come in the order of the nodes; lines are shown as they are written, and each says its node.
        Post(() => WriteObject(lines, enumerateCollection: true));
        return CaughtUpAsync();
    }

    private CommandInput Input() => (InputText, InputFile) switch
    {
        (not null, not null) => throw new HpcException(
            ErrorId.InvalidValue, "A command has one standard input: -InputText and -InputFile cannot be used together.", InputFile),
        (not null, _) => CommandInput.Of(InputText),
        (_, not null) => CommandInput.OfFile(GetUnresolvedProviderPathFromPSPath(InputFile)),
        _ => CommandInput.None,
    };
}
