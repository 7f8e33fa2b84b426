using System.Diagnostics;
using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.Batch;

/// <summary>
/// A node that gets no new job of the batch system's until it is given back, by one command on a host that has the batch system's
/// programs: also where the caller is killed in the midst. A node that somebody else has drained, or that is down, is left as it is.
/// </summary>
internal sealed class BatchNodeDrain : IAsyncDisposable
{
    /// <summary>
    /// What the reason of a node begins with that gets no job for a while alone; the static environment's name follows. The scripts have it
    /// too.
    /// </summary>
    public const string Mark = "pisahpc: static ";

    /// <summary>Exit codes of hold-node.sh by which the node is given back, or never was drained.</summary>
    private static readonly int[] GivenBack = [0, 69, 129, 130, 141, 143];

    /// <summary>Between two looks at a node that another caller of ours has drained.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    /// <summary>A batch system's programs ask for a while before they give up; giving back is tried for a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly NodeHold _hold;
    private readonly HeldCommand _command;
    private readonly string _node;
    private readonly string _reason;
    private readonly Action<string> _warn;

    private BatchNodeDrain(NodeHold hold, HeldCommand command, string node, string reason, Action<string> warn) =>
        (_hold, _command, _node, _reason, _warn) = (hold, command, node, reason, warn);

    /// <summary>Ends when the node may get jobs again that was to get none.</summary>
    public Task Ended => _command.Ended;

    /// <summary>Drains a node and waits until no job has it.</summary>
    /// <param name="hold">The batch system's way.</param>
    /// <param name="host">The host.</param>
    /// <param name="node">The node, by its name in the batch system.</param>
    /// <param name="reason">Why, for whoever looks at the node meanwhile; by it a node is known that was left drained.</param>
    /// <param name="timeout">How long to wait for its jobs; zero looks once.</param>
    /// <param name="warn">Told where the node may be drained still in the end, and what an admin does then.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBusy"/>: jobs have the node still, or another static environment's change;
    /// <see cref="ErrorId.BatchSystemFailed"/>: the batch system cannot be asked, does not know the node, or refuses. The node is given
    /// back.
    /// </exception>
    public static async Task<BatchNodeDrain> BeginAsync(
        NodeHold hold,
        INodeConnection host,
        string node,
        string reason,
        TimeSpan timeout,
        Action<string> warn,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var left = timeout > clock.Elapsed ? timeout - clock.Elapsed : TimeSpan.Zero;
            var drain = await StartAsync(hold, host, node, reason, left, warn, cancellationToken);
            try
            {
                if (await drain.IsBegunAsync(host.Node, left, timeout, cancellationToken))
                {
                    return drain;
                }
            }
            catch
            {
                await drain.DisposeAsync();
                throw;
            }

            await drain.DisposeAsync();
            await Task.Delay(left < Turn ? left : Turn, cancellationToken);
        }
    }

    /// <summary>Gives the node back.</summary>
    public async ValueTask DisposeAsync()
    {
        int? code = null;
        try
        {
            code = await _command.LetGoAsync();
        }
        finally
        {
            if (code is not { } known || !GivenBack.Contains(known))
            {
                _warn($"{_hold.System} may have {_node} drained still: that it was given back is not known. Where {_hold.Show(_node)} says "
                    + $"{_hold.Shown(_reason)}, do: {_hold.GiveBack(_node)}");
            }
        }
    }

    private static async Task<BatchNodeDrain> StartAsync(
        NodeHold hold,
        INodeConnection host,
        string node,
        string reason,
        TimeSpan left,
        Action<string> warn,
        CancellationToken cancellationToken)
    {
        var mark = Guid.NewGuid().ToString("n")[..8];
        var command = hold.Script.Command([node, Seconds(left), reason, HeldCommand.Silence, mark, .. hold.Arguments]);
        var held = new HeldCommand(await host.StartAsync(command, cancellationToken)) { Leave = Patience };
        return new BatchNodeDrain(hold, held, node, $"{reason} {mark}", warn);
    }

    /// <summary>Waits until no job has the node.</summary>
    /// <returns>Whether none has; not while another caller of ours has drained it, who is waited for.</returns>
    private async Task<bool> IsBegunAsync(string host, TimeSpan left, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return (await _command.ReadAsync(left + Patience, cancellationToken))?.Split(' ', 2) switch
            {
                ["idle"] => true,
                ["taken", var by] => left > TimeSpan.Zero ? false : throw Taken(by),
                ["busy", var jobs] => throw Busy(jobs, Seconds(timeout)),
                ["failed", var words] => throw Failed(host, words),
                _ => throw Failed(host, await _command.ErrorAsync(cancellationToken).WaitAsync(Patience, cancellationToken)),
            };
        }
        catch (TimeoutException)
        {
            throw Failed(host, $"no answer within {Seconds(left + Patience)} s");
        }
    }

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private HpcException Taken(string by) => new(
        ErrorId.StaticBusy,
        $"{_hold.System} has {_node} drained for another static environment that is being changed ({Quote.Words(by)}): "
        + "it was left as it is.",
        _node,
        "Wait with -DrainTimeoutSec, or run it again. Where nobody is at that one any more, give the node back: "
        + $"{_hold.GiveBack(_node)}.");

    private HpcException Busy(string jobs, string seconds) => new(
        ErrorId.StaticBusy,
        $"{_hold.System}'s jobs have {_node} after {seconds} s still ({jobs}): it was left as it is.",
        _node,
        $"Wait longer with -DrainTimeoutSec, or run it again when they have ended: {_hold.ListJobs(_node)}.");

    private HpcException Failed(string host, string error) => new(
        ErrorId.BatchSystemFailed,
        $"{_hold.System} on {host} did not drain {_node}: {Quote.Words(error)}",
        _node,
        $"See what it knows of the node: {_hold.Show(_node)}. {_hold.Whose}");
}
