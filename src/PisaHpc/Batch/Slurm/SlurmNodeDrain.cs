using System.Diagnostics;
using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// A node that gets no new job of Slurm's until it is given back, by one command on a host that has Slurm's programs: also where the
/// caller is killed in the midst. A node that somebody else has drained, or that is down, is left as it is, and stays so.
/// </summary>
internal sealed class SlurmNodeDrain : IAsyncDisposable
{
    private static readonly NodeScript Script = NodeScript.Of("Batch/Slurm/hold-node.sh");

    /// <summary>Exit codes of hold-node.sh by which the node is given back, or never was drained.</summary>
    private static readonly int[] GivenBack = [0, 69, 129, 130, 141, 143];

    /// <summary>Between two looks at a node that another caller of ours has drained.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    /// <summary>Slurm's programs ask for a while before they give up; giving back is tried for a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly HeldCommand _command;
    private readonly string _node;
    private readonly string _reason;
    private readonly Action<string> _warn;

    private SlurmNodeDrain(HeldCommand command, string node, string reason, Action<string> warn) =>
        (_command, _node, _reason, _warn) = (command, node, reason, warn);

    /// <summary>Ends when the node may get jobs again that was to get none.</summary>
    public Task Ended => _command.Ended;

    /// <summary>Drains a node and waits until no job has it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="node">The node, by its name in Slurm.</param>
    /// <param name="reason">Why, for whoever looks at the node meanwhile; by it a node is known that was left drained.</param>
    /// <param name="timeout">How long to wait for its jobs; zero looks once.</param>
    /// <param name="warn">Told where the node may be drained still in the end, and what an admin does then.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBusy"/>: jobs have the node still, or another static environment's change;
    /// <see cref="ErrorId.BatchSystemFailed"/>: Slurm cannot be asked, does not know the node, or refuses. The node is given back.
    /// </exception>
    public static async Task<SlurmNodeDrain> BeginAsync(
        INodeConnection host, string node, string reason, TimeSpan timeout, Action<string> warn, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var left = timeout > clock.Elapsed ? timeout - clock.Elapsed : TimeSpan.Zero;
            var drain = await StartAsync(host, node, reason, left, warn, cancellationToken);
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
                _warn($"Slurm may have {_node} drained still: that it was given back is not known. Where scontrol show node {_node} says "
                    + $"Reason={_reason}, do: scontrol update NodeName={_node} State=UNDRAIN");
            }
        }
    }

    private static async Task<SlurmNodeDrain> StartAsync(
        INodeConnection host, string node, string reason, TimeSpan left, Action<string> warn, CancellationToken cancellationToken)
    {
        var mark = Guid.NewGuid().ToString("n")[..8];
        var command = Script.Command(node, Seconds(left), reason, HeldCommand.Silence, mark);
        var held = new HeldCommand(await host.StartAsync(command, cancellationToken)) { Leave = Patience };
        return new SlurmNodeDrain(held, node, $"{reason} {mark}", warn);
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
                ["taken", var by] => left > TimeSpan.Zero ? false : throw Taken(_node, by),
                ["busy", var jobs] => throw Busy(_node, jobs, Seconds(timeout)),
                ["failed", var words] => throw Failed(host, _node, words),
                _ => throw Failed(host, _node, await _command.ErrorAsync(cancellationToken).WaitAsync(Patience, cancellationToken)),
            };
        }
        catch (TimeoutException)
        {
            throw Failed(host, _node, $"no answer within {Seconds(left + Patience)} s");
        }
    }

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static HpcException Taken(string node, string by) => new(
        ErrorId.StaticBusy,
        $"Slurm has {node} drained for another static environment that is being changed ({Quote.Words(by)}): it was left as it is.",
        node,
        "Wait with -DrainTimeoutSec, or run it again. Where nobody is at that one any more, give the node back: "
        + $"scontrol update NodeName={node} State=UNDRAIN.");

    private static HpcException Busy(string node, string jobs, string seconds) => new(
        ErrorId.StaticBusy,
        $"Slurm's jobs have {node} after {seconds} s still ({jobs}): it was left as it is.",
        node,
        $"Wait longer with -DrainTimeoutSec, or run it again when they have ended: squeue --nodelist={node}.");

    private static HpcException Failed(string host, string node, string error) => new(
        ErrorId.BatchSystemFailed,
        $"Slurm on {host} did not drain {node}: {Quote.Words(error)}",
        node,
        $"See what it knows of the node: scontrol show node {node}. Who drains nodes is root or SlurmUser.");
}
