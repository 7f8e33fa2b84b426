using PisaHpc.Nodes;

namespace PisaHpc.Devices;

/// <summary>
/// Finds a node's InfiniBand and RoCE adapters in one round trip: a POSIX shell script prints facts, a line each, from sysfs (kernel
/// Documentation/ABI/stable/sysfs-class-infiniband) and /dev, and <see cref="Parse"/> makes devices of them. Local and remote
/// nodes, and a larger probe that has the script as a part, use the same two.
/// </summary>
public static class IbDeviceProbe
{
    /// <summary>The script; its argument is the root directory that holds sys and dev.</summary>
    internal static readonly NodeScript Script = NodeScript.Of("Devices/ib-devices.sh");

    /// <summary>Asks a node for its devices.</summary>
    /// <param name="connection">The connection to the node.</param>
    /// <param name="name">What the devices' <see cref="IbDevice.Node"/> says.</param>
    /// <param name="root">The directory that holds the node's sys and dev; / but for trees made for a test.</param>
    /// <returns>One device for each port, in the order of the adapters' names; none is an empty list.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a root that does not exist there; <see cref="ErrorId.NodeCommandFailed"/>; and those of
    /// the connection.
    /// </exception>
    public static async Task<IReadOnlyList<IbDevice>> RunAsync(
        INodeConnection connection, string name, string root, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(Script.Command(root), ReadOnlyMemory<byte>.Empty, cancellationToken);
        return result.ExitCode == 0
            ? Parse(name, result.Text)
            : throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"Node {name} could not be asked for its InfiniBand devices: sh ended with {result.ExitCode}: {Quote.Words(result.Error)}",
                name);
    }

    /// <summary>Makes devices of the script's lines; lines that are not the script's are passed over.</summary>
    /// <param name="node">The node that they are of.</param>
    /// <param name="text">What the script printed.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a root that does not exist there; <see cref="ErrorId.NodeCommandFailed"/> for a line cut
    /// short.
    /// </exception>
    public static IReadOnlyList<IbDevice> Parse(string node, string text) => IbDeviceFacts.Parse(node, text).Devices();
}
