using System.Text;
using PisaHpc.Containers;
using PisaHpc.Nodes;

namespace PisaHpc.Setup;

/// <summary>
/// Has a node's engine take up another configuration, or puts the old one back. A configuration that takes a restart is tried by a signal first:
/// one that the engine cannot read never gets as far. Containers go on through all of it: live-restore is on before the engine ends, and
/// whenever it starts, since an engine that starts without it ends the containers that it finds. Where a configuration, old or new, does not
/// want live-restore, that is taken up by a signal at the end, which ends nothing.
/// </summary>
internal sealed class EngineChange
{
    private static readonly TimeSpan ReloadPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RestartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TakeBackLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly INodeConnection _connection;
    private readonly IEngineConnector _engines;
    private readonly NodeSetupPlan _plan;
    private readonly NodeFiles _files;
    private byte[]? _standing;
    private bool _marked;
    private bool _wrote;
    private bool _restarted;

    public EngineChange(INodeConnection connection, IEngineConnector engines, NodeSetupPlan plan)
    {
        (_connection, _engines, _plan) = (connection, engines, plan);
        _files = new NodeFiles(connection);
        _standing = plan.Facts.Config;
    }

    private string File => _plan.Site.Engine.Config;

    private string Refused => $"The engine on {_plan.Node} did not take up its new configuration";

    private string Marker => File + ".pisahpc-pending";

    /// <summary>Carries the change out.</summary>
    /// <param name="backup">Where the old configuration is kept.</param>
    /// <param name="cancellationToken">Interrupts; the old configuration is put back.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineConfigurationRefused"/> when the old configuration was put back.</exception>
    public async Task RunAsync(string backup, CancellationToken cancellationToken)
    {
        var keepsBackup = _plan.Facts.Config is not null && _plan.WritesConfig;
        try
        {
            await _files.MarkAsync(Marker, cancellationToken);
            _marked = true;
            if (keepsBackup)
            {
                await _files.PutAsync(File, _standing, _standing!, backup, cancellationToken);
            }

            await (_plan.Action == EngineAction.Restart ? RestartAsync(cancellationToken) : ReloadAsync(_plan.Wanted, cancellationToken));
            await _files.RemoveAsync(Marker, cancellationToken);
        }
        catch (Exception cause) when (cause is HpcException or OperationCanceledException)
        {
            if (_marked)
            {
                await TakeBackAsync(cause, keepsBackup ? backup : null);
            }

            throw;
        }
    }

    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        var keeping = WantedConfiguration.KeepingContainers(_plan.Wanted);
        if (_plan.Engine is not null)
        {
            await ReloadAsync(WantedConfiguration.OnTrial(keeping, ContainerNames.NewAttempt()), cancellationToken);
        }

        await WriteAsync(keeping.SaysTheSame(_plan.Wanted) ? _plan.Wanted : keeping, cancellationToken);
        _restarted = true;
        await RunAsync(_plan.Site.Engine.Restart, cancellationToken);
        await HasTakenUpAsync(keeping, RestartPatience, cancellationToken);
        if (!keeping.SaysTheSame(_plan.Wanted))
        {
            await ReloadAsync(_plan.Wanted, cancellationToken);
        }
    }

    private async Task ReloadAsync(DaemonConfiguration configuration, CancellationToken cancellationToken)
    {
        await WriteAsync(configuration, cancellationToken);
        await RunAsync(_plan.Site.Engine.Reload, cancellationToken);
        await HasTakenUpAsync(configuration, ReloadPatience, cancellationToken);
    }

    /// <summary>
    /// Puts the old configuration back, with time of its own: the file in any case, and the engine where it ran before. It is restarted only
    /// where it was restarted for the new one.
    /// </summary>
    private async Task TakeBackAsync(Exception cause, string? backup)
    {
        using var limit = new CancellationTokenSource(TakeBackLimit);
        try
        {
            try
            {
                await GiveBackAsync(limit.Token);
            }
            finally
            {
                await RestoreAsync(limit.Token);
            }

            await _files.RemoveAsync(Marker, limit.Token);
        }
        catch (Exception second) when (second is HpcException or OperationCanceledException)
        {
            throw new HpcException(
                ErrorId.EngineConfigurationRefused,
                $"{Refused}: {cause.Message} Putting the old one back failed too: {second.Message}",
                _plan.Node,
                (backup is null ? $"Remove {File} on the node" : $"Put {backup} back in the place of {File} on the node") + ", and start the engine.",
                cause);
        }

        if (_wrote && cause is HpcException)
        {
            throw new HpcException(
                ErrorId.EngineConfigurationRefused,
                $"{Refused}, and has the old one again: {cause.Message}",
                _plan.Node,
                innerException: cause);
        }
    }

    /// <summary>Has the engine give back what it took up. The file is then not yet the old one.</summary>
    private async Task GiveBackAsync(CancellationToken cancellationToken)
    {
        if (_restarted && _plan.Engine is not null)
        {
            var keeping = WantedConfiguration.KeepingContainers(_plan.Current);
            await WriteAsync(keeping, cancellationToken);
            await RunAsync(_plan.Site.Engine.Restart, cancellationToken);
            await HasTakenUpAsync(keeping, RestartPatience, cancellationToken);
        }

        if (_wrote && _plan.Engine is { } before)
        {
            await WriteAsync(WantedConfiguration.GivingBack(_plan.Current, before.LiveRestore), cancellationToken);
            await RunAsync(_plan.Site.Engine.Reload, cancellationToken);
            await AnswersAsync(engine => engine.LiveRestore == before.LiveRestore, ReloadPatience, cancellationToken);
        }
    }

    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        if (_plan.Facts.Config is { } old)
        {
            await PutAsync(old, cancellationToken);
        }
        else if (_wrote)
        {
            await _files.RemoveAsync(File, cancellationToken);
            _standing = null;
        }
    }

    private Task WriteAsync(DaemonConfiguration configuration, CancellationToken cancellationToken)
    {
        var isOld = configuration.SaysTheSame(_plan.Current);
        return PutAsync(isOld && _plan.Facts.Config is { } old ? old : Encoding.UTF8.GetBytes(configuration.ToText()), cancellationToken);
    }

    /// <summary>Writes what does not stand there already.</summary>
    private async Task PutAsync(byte[] content, CancellationToken cancellationToken)
    {
        if (_standing is { } standing && standing.AsSpan().SequenceEqual(content))
        {
            return;
        }

        // Not interrupted: whether the file is the old or the new one has to be known for what comes next.
        cancellationToken.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(WritePatience);
        _wrote = true;
        await _files.PutAsync(File, _standing, content, backup: null, limit.Token);
        _standing = content;
    }

    private async Task RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var result = await _connection.RunAsync(command, default, cancellationToken);
        if (result.ExitCode != 0)
        {
            var words = $"{result.Text.Trim()} {result.Error.Trim()}".Trim();
            throw new HpcException(
                ErrorId.NodeCommandFailed, $"'{string.Join(' ', command)}' ended with {result.ExitCode}: {words}.", _plan.Node);
        }
    }

    private Task HasTakenUpAsync(DaemonConfiguration configuration, TimeSpan patience, CancellationToken cancellationToken) =>
        AnswersAsync(engine => NodeSetupPlan.HasTakenUp(engine, configuration, _plan.Site), patience, cancellationToken);

    /// <summary>Waits until the engine answers as it should. It tells nobody when it has read its file: there is nothing to wait for but that.</summary>
    private async Task AnswersAsync(Func<EngineDetails, bool> isRight, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var last = "it says nothing";
        try
        {
            while (true)
            {
                try
                {
                    await using var engine = await _engines.ConnectAsync(_plan.Node, limit.Token);
                    if (isRight(await engine.DescribeAsync(limit.Token)))
                    {
                        return;
                    }

                    last = "it answers, and has not taken up what the file says: see its log for the reason";
                }
                catch (HpcException failure) when (failure.Id == ErrorId.EngineUnavailable)
                {
                    last = failure.Message;
                }

                await Task.Delay(Poll, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HpcException(ErrorId.EngineUnavailable, $"within {patience.TotalSeconds:0} s {last}.", _plan.Node);
        }
    }
}
