using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Containers.Commands;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Enters a container: a shell there, on this terminal, until it ends. Its exit code is $LASTEXITCODE, as a program's; with -PassThru it is
/// put out too.
/// </summary>
[Cmdlet(VerbsCommon.Enter, "HpcContainer", SupportsShouldProcess = true, DefaultParameterSetName = ByObject)]
[OutputType(typeof(HpcContainerCommandResult))]
public sealed class EnterHpcContainerCommand : InsideContainerCmdlet
{
    private readonly ConcurrentBag<(IContainerEngine Engine, HpcContainer Container)> _meant = [];
    private ContainerShell _shell = null!;

    /// <summary>A program in place of the login shell.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(ContainerProgramCompleter))]
    public string? Command { get; set; }

    /// <summary>The program's arguments, each passed as it is.</summary>
    [Parameter(Position = 1)]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>The working directory in the container, an absolute path; the user's home when not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InnerDirectoryCompleter))]
    public string? WorkingDirectory { get; set; }

    /// <summary>Puts out how the shell ended.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        _shell = new ContainerShell
        {
            Command = Command is null ? [] : [Command, .. ArgumentList],
            User = ContainerUser.Parse(User),
            WorkingDirectory = WorkingDirectory,
            TerminalType = Environment.GetEnvironmentVariable("TERM"),
        }.Check();
        if (!IsWhatIf)
        {
            ContainerShell.RequireTerminal();
        }

        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await base.EndAsync();
        var meant = _meant.OrderBy(one => one.Container.Node, StringComparer.Ordinal)
            .ThenBy(one => one.Container.Name, StringComparer.Ordinal).ToList();
        if (meant.Count > 1)
        {
            var names = string.Join(", ", meant.Select(one => $"{one.Container.Name} on {one.Container.Node}"));
            throw new HpcException(
                ErrorId.InvalidValue,
                $"{Plural.Of(meant.Count, "container")} are meant, and one can be entered: {Quote.Words(names)}.",
                recommendedAction: "Say which: by -Node beside -JobId or -Static, or by one container from Get-HpcContainer.");
        }

        foreach (var (engine, container) in meant)
        {
            await EnterAsync(engine, container);
        }
    }

    private protected override Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        _meant.Add((engine, container));
        return Task.CompletedTask;
    }

    private async Task EnterAsync(IContainerEngine engine, HpcContainer container)
    {
        if (!await ShouldProcessAsync($"{container.Node}: {container.Name}", "Enter"))
        {
            return;
        }

        var started = DateTimeOffset.UtcNow;
        await using var execution = await FanOut.WithinAsync(
            container.Node, NodeTimeout, limit => _shell.StartAsync(engine, container, limit), StopToken);
        await CaughtUpAsync();
        var code = await ContainerShell.RunAsync(execution, StopToken);
        await AskAsync(() =>
        {
            SessionState.PSVariable.Set("global:LASTEXITCODE", code);
            return true;
        });
        if (PassThru)
        {
            Emit(_shell.ResultOf(container, code, started));
        }
    }
}
