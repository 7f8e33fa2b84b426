using PisaHpc.Nodes;

namespace PisaHpc.Devices;

/// <summary>
/// Finds a node's InfiniBand and RoCE adapters in one round trip: a POSIX shell script prints facts, a line each, from sysfs (kernel
/// Documentation/ABI/stable/sysfs-class-infiniband) and /dev, and <see cref="Parse"/> makes devices of them. Local and remote
/// nodes, and a larger probe that has the script as a part, use the same two.
/// </summary>
public static class IbDeviceProbe
{
    /// <summary>
    /// The script. Its first argument is the root directory that holds sys and dev; none is /. It defines names that start with ib_,
    /// writes lines that start with "ib-", fields by tabs, and leaves everything else as it was, so that it can stand in another script.
    /// Busybox runs it.
    /// </summary>
    public const string Script = """
        ib_read() { ib_value=; { IFS= read -r ib_value < "$1"; } 2>/dev/null || :; }
        ib_adapter() {
          ib_name=${1##*/}
          ib_read "$1/node_guid"; ib_guid=$ib_value
          ib_read "$1/fw_ver"; ib_firmware=$ib_value
          ib_read "$1/device/numa_node"
          printf 'ib-adapter\t%s\t%s\t%s\t%s\n' "$ib_name" "$ib_guid" "$ib_firmware" "$ib_value"
          for ib_path in "$1"/ports/*; do
            [ -d "$ib_path" ] || continue
            ib_read "$ib_path/state"; ib_state=$ib_value
            ib_read "$ib_path/link_layer"; ib_layer=$ib_value
            ib_read "$ib_path/rate"; ib_rate=$ib_value
            ib_read "$ib_path/gid_attrs/ndevs/0"
            printf 'ib-port\t%s\t%s\t%s\t%s\t%s\t%s\n' "$ib_name" "${ib_path##*/}" "$ib_state" "$ib_layer" "$ib_rate" "$ib_value"
          done
          for ib_path in "$1"/device/net/*; do
            [ -d "$ib_path" ] || continue
            ib_read "$ib_path/dev_port"; case $ib_value in ''|0) ib_read "$ib_path/dev_id" ;; esac
            printf 'ib-net\t%s\t%s\t%s\n' "$ib_name" "${ib_path##*/}" "$ib_value"
          done
        }
        ib_files() {
          ib_class=$ib_root/sys/class
          for ib_path in "$ib_class"/infiniband_verbs/uverbs* "$ib_class"/infiniband_mad/umad* "$ib_class"/infiniband_mad/issm*; do
            ib_read "$ib_path/ibdev"; ib_name=$ib_value
            case $ib_path in */uverbs*) [ -z "$ib_name" ] || printf 'ib-verbs\t%s\n' "$ib_name" ;; esac
            [ -e "$ib_root/dev/infiniband/${ib_path##*/}" ] || continue
            ib_read "$ib_path/port"
            printf 'ib-file\t%s\t%s\t%s\n' "$ib_name" "$ib_value" "${ib_path##*/}"
          done
          if [ -e "$ib_root/dev/infiniband/rdma_cm" ]; then printf 'ib-file\t\t\trdma_cm\n'; fi
          for ib_path in "$ib_root"/dev/hfi1_[0-9]*; do
            [ ! -e "$ib_path" ] || printf 'ib-hfi\t%s\n' "${ib_path##*/}"
          done
        }
        ib_probe() {
          ib_root=${1%/}
          if [ ! -d "$ib_root/" ]; then printf 'ib-no-root\t%s\n' "$1"; return 0; fi
          for ib_path in "$ib_root"/sys/class/infiniband/*; do
            if [ -d "$ib_path" ]; then ib_adapter "$ib_path"; fi
          done
          ib_files
        }
        ib_probe "${1:-/}"

        """;

    /// <summary>Asks a node for its devices.</summary>
    /// <param name="connection">The connection to the node.</param>
    /// <param name="name">What the devices' <see cref="IbDevice.Node"/> says.</param>
    /// <param name="root">The directory that holds the node's sys and dev; / but for trees made for a test.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <returns>One device for each port, in the order of the adapters' names; none is an empty list.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a root that does not exist there; <see cref="ErrorId.NodeCommandFailed"/>; and those of
    /// the connection.
    /// </exception>
    public static async Task<IReadOnlyList<IbDevice>> RunAsync(
        INodeConnection connection, string name, string root, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(["sh", "-c", Script, "sh", root], ReadOnlyMemory<byte>.Empty, cancellationToken);
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
