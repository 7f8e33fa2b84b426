namespace PisaHpc.Devices;

/// <summary>A port of an InfiniBand or RoCE adapter on a node, with the device files that reach it.</summary>
public sealed record IbDevice
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The adapter's name in the kernel, for example <c>mlx5_0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The adapter's port, from 1.</summary>
    public required int Port { get; init; }

    /// <summary>The port's state: ACTIVE, DOWN, INIT, ARMED (sysfs <c>ports/N/state</c>).</summary>
    public required string State { get; init; }

    /// <summary>InfiniBand or Ethernet (sysfs <c>ports/N/link_layer</c>).</summary>
    public required string LinkLayer { get; init; }

    /// <summary>The signalling rate in Gb/s; 0 when sysfs has none.</summary>
    public double RateGbps { get; init; }

    /// <summary>The node GUID, for example <c>b859:9f03:00a1:2b3c</c>.</summary>
    public string? Guid { get; init; }

    /// <summary>The firmware version.</summary>
    public string? Firmware { get; init; }

    /// <summary>The NUMA node the adapter hangs on; -1 when the machine does not say.</summary>
    public int NumaNode { get; init; } = -1;

    /// <summary>The network interface (ib0 and the like); null where there is none.</summary>
    public string? Interface { get; init; }

    /// <summary>The verbs device: /dev/infiniband/uverbsN.</summary>
    public string? Uverbs { get; init; }

    /// <summary>The subnet management device of the port: /dev/infiniband/issmN.</summary>
    public string? Issm { get; init; }

    /// <summary>The management datagram device of the port: /dev/infiniband/umadN.</summary>
    public string? Umad { get; init; }

    /// <summary>The connection manager that all adapters share: /dev/infiniband/rdma_cm.</summary>
    public string? RdmaCm { get; init; }

    /// <summary>The Omni-Path adapter's own device, by which PSM2 reaches it: /dev/hfi1_N (driver hfi1); null for other adapters.</summary>
    public string? Hfi { get; init; }

    /// <summary>
    /// Whether the adapter serves subnet management alone: the kernel gives it no verbs (drivers/infiniband, RDMA_DEVICE_TYPE_SMI; mlx5
    /// with XDR has one beside each of its adapters).
    /// </summary>
    public bool IsManagementOnly { get; init; }

    /// <summary>The port and its state.</summary>
    public override string ToString() => $"{Node}: {Name} port {Port} {State}";
}
