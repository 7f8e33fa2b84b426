using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Setup;

/// <summary>
/// Has a node's engine take up another configuration, or puts the old one back. A configuration that takes a restart is tried by a signal
/// first: one that the engine cannot read never gets as far. Containers go on through all of it: what keeps them is on before the engine
/// ends, and whenever it starts, since an engine that starts without it ends the containers that it finds. Where a configuration, old or
/// new, does not want it, that is taken up by a signal at the end, which ends nothing. Where nothing keeps them, the plan has seen that
/// none runs. An engine that ran runs again whatever fails: see <see cref="EngineRestart"/>.
/// </summary>
internal sealed class EngineChange
{
    private readonly EngineControl _control;
    private readonly NodeSetupPlan _plan;
    private readonly NodeFiles _files;
    private IReadOnlyList<byte[]?> _standing;
    private bool _wrote;
    private EngineStart? _start;

    /// <summary>A change of a node.</summary>
    /// <param name="control">Its engine.</param>
    /// <param name="plan">What to change.</param>
    /// <param name="backup">Where to keep the old configuration.</param>
    public EngineChange(INodeConnection connection, EngineControl control, NodeSetupPlan plan, string backup)
    {
        (_control, _plan) = (control, plan);
        _files = new NodeFiles(connection);
        _standing = [plan.Facts.Standing];
        var writes = plan.WritesConfig || plan.Action == EngineAction.Restart;
        Backup = plan.Facts.Resumes ? plan.Facts.Backup : Old is not null && writes ? backup : null;
    }

    /// <summary>
    /// Where the old configuration is kept: that of a change that was cut off stays where it is. Null when there is none.
    /// </summary>
    public string? Backup { get; }

    /// <summary>Told that an interruption has put the old configuration back.</summary>
    public TakenBack TakenBack { get; init; } = TakenBack.Untold;

    private string File => _plan.Facts.Engine.File;

    /// <summary>The admin's own configuration; null for no file.</summary>
    private byte[]? Old => _plan.Facts.Engine.Config;

    private EngineConfigurationPlan Configuration => _plan.Configuration;

    private string Refused => $"The engine on {_plan.Node} did not take up its new configuration";

    private string Losses => _start == EngineStart.Old && _plan.Engine?.RunningContainers > 0
        ? " It started with nothing but its old file, which does not keep containers: those that ran may have ended."
        : "";

    private string Marker => SetupFacts.MarkerOf(File);

    /// <summary>Carries the change out.</summary>
    /// <param name="cancellationToken">Interrupts; the old configuration is put back.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineConfigurationRefused"/> when the old configuration was put back.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_plan.Facts.Resumes)
            {
                await MarkAsync(cancellationToken);
            }

            await (_plan.Action == EngineAction.Restart
                ? RestartAsync(cancellationToken)
                : ReloadAsync(Configuration.Wanted, cancellationToken));
            await _files.RemoveAsync(Marker, cancellationToken);
        }
        catch (Exception cause) when (cause is HpcException or OperationCanceledException)
        {
            await TakeBackAsync(cause);
            throw;
        }

        if (Backup is not null && !_plan.WritesConfig)
        {
            await _files.RemoveAsync(Backup, CancellationToken.None);
        }
    }

    private async Task MarkAsync(CancellationToken cancellationToken)
    {
        await _files.MarkAsync(Marker, Backup, cancellationToken);
        if (Backup is not null)
        {
            await _files.PutAsync(File, _standing, _plan.Facts.Standing!, Backup, Marker, cancellationToken);
        }
    }

    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        if (_plan.Engine is not null)
        {
            await ReloadAsync(Configuration.Trial, cancellationToken);
        }

        await Phase.RestartEngine.RunAsync(() => StartNewAsync(cancellationToken), _plan.Node);
        if (!Configuration.Keeping.IsSameFile(Configuration.Wanted))
        {
            await ReloadAsync(Configuration.Wanted, cancellationToken);
        }
    }

    private async Task StartNewAsync(CancellationToken cancellationToken)
    {
        var result = await StartWithAsync(Configuration.Keeping, cancellationToken);
        if (result.Start != EngineStart.New)
        {
            throw new HpcException(ErrorId.NodeCommandFailed, result.Refusal, _plan.Node);
        }

        await _control.StartedAsync(Configuration.Keeping.IsTakenUp, cancellationToken);
    }

    /// <summary>Restarts the engine with a configuration. One that ran before and does not start with it has the old one again.</summary>
    private async Task<RestartResult> StartWithAsync(EngineConfiguration configuration, CancellationToken cancellationToken)
    {
        await PutAsync(configuration.Content, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var back = _plan.Engine is null ? null : new EngineWayBack(Configuration.WayBack.Content, Backup);
        var standing = _standing;
        (_start, _standing) = (EngineStart.Unknown, back is null ? standing : [.. standing, back.Keeping, Old]);
        var result = await _control.RestartAsync(File, Marker, back);
        _start = result.Start;
        _standing = back is null || _start == EngineStart.New ? standing
            : _start == EngineStart.Keeping ? [back.Keeping]
            : [Old];
        return result;
    }

    private async Task ReloadAsync(EngineConfiguration configuration, CancellationToken cancellationToken)
    {
        await PutAsync(configuration.Content, cancellationToken);
        await _control.ReloadAsync(configuration.IsTakenUp, cancellationToken);
    }

    /// <summary>
    /// Puts the old configuration back, whatever has been cancelled, and each step with a limit of its own: the file in any case, and the
    /// engine where it ran before. It is restarted only where it was restarted for the new one. An earlier change that was cut off stays
    /// marked: what the engine took up of that is not known.
    /// </summary>
    private async Task TakeBackAsync(Exception cause)
    {
        var kept = await FailureOf(GiveBackAsync);
        var lost = await FailureOf(() => Phase.RestoreConfiguration.RunAsync(RestoreAsync, _plan.Node));
        if ((kept ?? lost) is null && !_plan.Facts.Engine.Pending)
        {
            kept = await FailureOf(() => _files.RemoveAsync(Marker, CancellationToken.None));
        }

        if (_wrote && (kept ?? lost) is { } second)
        {
            throw new HpcException(
                ErrorId.EngineConfigurationRefused,
                $"{Refused}: {cause.Message} Putting the old one back failed too: {second.Message}",
                _plan.Node,
                Cure(isRestored: lost is null),
                cause);
        }

        if (_wrote && cause is HpcException)
        {
            throw new HpcException(
                ErrorId.EngineConfigurationRefused,
                $"{Refused}, and has the old one again: {cause.Message}{Losses}",
                _plan.Node,
                innerException: cause);
        }

        if (_wrote)
        {
            TakenBack.AddPutBack("engine", _plan.Node, "the configuration of before");
        }
    }

    private static async Task<Exception?> FailureOf(Func<Task> step)
    {
        try
        {
            await step();
            return null;
        }
        catch (Exception failure) when (failure is HpcException or OperationCanceledException)
        {
            return failure;
        }
    }

    private string Cure(bool isRestored)
    {
        var file = (isRestored, Old) switch
        {
            (true, null) => $"{File} is gone again from the node",
            (true, _) => $"The old {File} stands on the node again",
            (false, null) => $"Remove {File} on the node",
            (false, _) => $"Put {Backup} back in the place of {File} on the node",
        };
        return _start == EngineStart.Unknown
            ? "The node goes on by itself: it starts the engine with the new file, or else with the old one. Run this again to finish it."
            : _start is not null
            ? $"{file}; write {_plan.Terms.KeepingSetting} into it if containers are to go on, and start the engine: "
                + $"{ShellQuoting.Join(_control.RestartCommand)}."
            : $"{file}; have the engine read it: {ShellQuoting.Join(_control.ReloadCommand)}.";
    }

    /// <summary>
    /// Has the engine give back what it took up. The file is then not yet the old one. Where a restart failed, the engine has the old one
    /// already; where nobody saw how it came out, it comes up by itself.
    /// </summary>
    private async Task GiveBackAsync()
    {
        if (!_wrote || Configuration.GivingBack is not { } giving)
        {
            return;
        }

        await (_start == EngineStart.New ? Phase.RestartEngine.RunAsync(StartAgainAsync, _plan.Node) : StartAgainAsync());
        await ReloadAsync(giving, CancellationToken.None);
    }

    /// <summary>Has the engine run with the old file: it is restarted where it runs with the new one.</summary>
    private async Task StartAgainAsync()
    {
        var last = _start == EngineStart.New ? await StartWithAsync(Configuration.WayBack, CancellationToken.None) : null;
        if (_start == EngineStart.None && !await _control.IsUpAsync())
        {
            throw new HpcException(ErrorId.EngineUnavailable, last?.LastWords ?? "It does not start with that either.", _plan.Node);
        }

        if (_start is not null)
        {
            await _control.StartedAsync(_ => true, CancellationToken.None);
        }
    }

    private async Task RestoreAsync()
    {
        if (Old is { } old)
        {
            await PutAsync(old, CancellationToken.None);
        }
        else if (_wrote)
        {
            await _files.RemoveAsync(File, CancellationToken.None);
            _standing = [null];
        }
    }

    /// <summary>
    /// Writes what does not stand there already. After a write whose end nobody saw, the one or the other may stand there.
    /// </summary>
    private async Task PutAsync(byte[] content, CancellationToken cancellationToken)
    {
        if (_standing is [{ } standing] && standing.AsSpan().SequenceEqual(content))
        {
            return;
        }

        // Not interrupted: whether the file is the old or the new one has to be known for what comes next.
        cancellationToken.ThrowIfCancellationRequested();
        var expected = _standing;
        _standing = [.. expected, content];
        _wrote = true;
        await Phase.PutConfiguration.RunAsync(
            () => _files.PutAsync(File, expected, content, backup: null, Marker, CancellationToken.None), _plan.Node);
        _standing = [content];
    }
}
