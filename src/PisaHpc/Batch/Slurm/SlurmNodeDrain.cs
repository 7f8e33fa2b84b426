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

    private readonly HeldCommand _command;

    private SlurmNodeDrain(HeldCommand command) => _command = command;

    /// <summary>Drains a node and waits until no job has it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="node">The node, by its name in Slurm.</param>
    /// <param name="reason">Why, for whoever looks at the node meanwhile; by it a node is known that was left drained.</param>
    /// <param name="timeout">How long to wait for its jobs; zero looks once.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBusy"/>: jobs have the node still; <see cref="ErrorId.BatchSystemFailed"/>: Slurm cannot be asked, does not
    /// know the node, or refuses. The node is given back.
    /// </exception>
    public static async Task<SlurmNodeDrain> BeginAsync(
        INodeConnection host, string node, string reason, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var seconds = ((int)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var command = Script.Command(node, seconds, reason, HeldCommand.Silence);
        var drain = new SlurmNodeDrain(new HeldCommand(await host.StartAsync(command, cancellationToken)));
        try
        {
            return (await drain._command.ReadAsync(cancellationToken))?.Split(' ') switch
            {
                ["idle"] => drain,
                ["busy", var jobs] => throw Busy(node, jobs, seconds),
                _ => throw Failed(host.Node, node, await drain._command.ErrorAsync(cancellationToken)),
            };
        }
        catch
        {
            await drain.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives the node back.</summary>
    public ValueTask DisposeAsync() => _command.DisposeAsync();

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
