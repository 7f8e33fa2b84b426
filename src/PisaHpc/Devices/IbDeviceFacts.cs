using System.Globalization;

namespace PisaHpc.Devices;

/// <summary>What <see cref="IbDeviceProbe.Script"/> printed of one node, put together to devices.</summary>
internal sealed class IbDeviceFacts
{
    private const string DeviceDirectory = "/dev/infiniband/";

    private readonly string _node;
    private readonly Dictionary<string, Adapter> _adapters = new(StringComparer.Ordinal);
    private readonly List<Port> _ports = [];
    private readonly List<NetworkInterface> _interfaces = [];
    private readonly List<DeviceFile> _files = [];
    private readonly HashSet<string> _withVerbs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hostFabricInterfaces = new(StringComparer.Ordinal);

    private IbDeviceFacts(string node) => _node = node;

    /// <summary>Reads the script's lines.</summary>
    public static IbDeviceFacts Parse(string node, string text)
    {
        var facts = new IbDeviceFacts(node);
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("ib-", StringComparison.Ordinal))
            {
                facts.Add(line.TrimEnd('\r').Split('\t'), line);
            }
        }

        return facts;
    }

    /// <summary>One device for each port, in the order of the lines.</summary>
    public IReadOnlyList<IbDevice> Devices() => [.. _ports.Select(Device)];

    private void Add(string[] fields, string line)
    {
        switch (fields)
        {
            case ["ib-no-root", var root]:
                throw new HpcException(
                    ErrorId.InvalidValue,
                    $"The root directory {Quote.Name(root)} does not exist on node {_node}.",
                    _node,
                    "Name a directory that holds sys and dev with -Root.");
            case ["ib-adapter", var name, var guid, var firmware, var numaNode]:
                _adapters[name] = new Adapter(Known(guid), Known(firmware), Number(numaNode) ?? -1);
                break;
            case ["ib-port", var adapter, var number, var state, var layer, var rate, var ofGid]:
                _ports.Add(new Port(adapter, Number(number) ?? throw CutShort(line), state, layer, rate, Known(ofGid)));
                break;
            case ["ib-net", var adapter, var name, var index]:
                _interfaces.Add(new NetworkInterface(adapter, name, Number(index) ?? 0));
                break;
            case ["ib-file", var adapter, var port, var name]:
                _files.Add(new DeviceFile(adapter, Number(port), name));
                break;
            case ["ib-verbs", var adapter]:
                _withVerbs.Add(adapter);
                break;
            case ["ib-hfi", var name]:
                _hostFabricInterfaces.Add(name);
                break;
            default:
                throw CutShort(line);
        }
    }

    private IbDevice Device(Port port)
    {
        var adapter = _adapters.GetValueOrDefault(port.Adapter) ?? throw CutShort($"ib-port {port.Adapter}");
        return new IbDevice
        {
            Node = _node,
            Name = port.Adapter,
            Port = port.Number,
            State = StateOf(port.State),
            LinkLayer = Known(port.LinkLayer) ?? "InfiniBand",
            RateGbps = RateOf(port.Rate),
            Guid = adapter.Guid,
            Firmware = adapter.Firmware,
            NumaNode = adapter.NumaNode,
            Interface = InterfaceOf(port),
            Uverbs = FileOf("uverbs", file => file.Adapter == port.Adapter),
            Umad = FileOf("umad", file => file.Adapter == port.Adapter && file.Port == port.Number),
            Issm = FileOf("issm", file => file.Adapter == port.Adapter && file.Port == port.Number),
            RdmaCm = FileOf("rdma_cm", _ => true),
            Hfi = _hostFabricInterfaces.Contains(port.Adapter) ? "/dev/" + port.Adapter : null,
            IsManagementOnly = _withVerbs.Count > 0 && !_withVerbs.Contains(port.Adapter),
        };
    }

    /// <summary>
    /// The interface of the port's first GID, which the kernel names for RoCE; else the adapter's first interface with the port's index,
    /// which is IPoIB's (dev_port counts from 0; before Linux 4.20 it is 0 for all, and dev_id counts).
    /// </summary>
    private string? InterfaceOf(Port port) => port.InterfaceOfGid
        ?? _interfaces.Find(candidate => candidate.Adapter == port.Adapter && candidate.PortIndex == port.Number - 1)?.Name;

    private string? FileOf(string prefix, Predicate<DeviceFile> belongs)
    {
        var found = _files.Find(file => file.Name.StartsWith(prefix, StringComparison.Ordinal) && belongs(file));
        return found is null ? null : DeviceDirectory + found.Name;
    }

    /// <summary>"4: ACTIVE" is ACTIVE.</summary>
    private static string StateOf(string text) => Known(text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()) ?? "UNKNOWN";

    /// <summary>"200 Gb/sec (4X HDR)" is 200.</summary>
    private static double RateOf(string text) =>
        double.TryParse(text.Split(' ')[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) ? rate : 0;

    /// <summary>A decimal number, or one in hexadecimal with 0x as sysfs writes dev_id.</summary>
    private static int? Number(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            ? int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hexadecimal)
                ? hexadecimal
                : null
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Known(string text) => text.Trim() is { Length: > 0 } known ? known : null;

    private HpcException CutShort(string line) => new(
        ErrorId.NodeCommandFailed,
        $"Node {_node} answered the question for its InfiniBand devices with a line cut short: {Quote.Of(line)}.",
        _node);

    private sealed record Adapter(string? Guid, string? Firmware, int NumaNode);

    private sealed record Port(string Adapter, int Number, string State, string LinkLayer, string Rate, string? InterfaceOfGid);

    private sealed record NetworkInterface(string Adapter, string Name, int PortIndex);

    private sealed record DeviceFile(string Adapter, int? Port, string Name);
}
