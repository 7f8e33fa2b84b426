using System.Diagnostics;
using PisaHpc.Devices;

namespace PisaHpc.Unit.Devices;

/// <summary>
/// A root directory with sys and dev as the kernel lays them out (class entries are links into devices), and real shells to read it.
/// </summary>
internal sealed class SysfsTree : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("pisahpc-sysfs-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public SysfsTree Adapter(
        string name, string pci, string guid = "b859:9f03:00a1:2b3c", string firmware = "20.38.1900", string numaNode = "1")
    {
        var device = $"sys/devices/pci0000:00/{pci}";
        Write($"{device}/numa_node", numaNode);
        Write($"{device}/infiniband/{name}/node_guid", guid);
        Write($"{device}/infiniband/{name}/fw_ver", firmware);
        Link($"{device}/infiniband/{name}/device", $"../../../{pci}");
        Link($"sys/class/infiniband/{name}", $"../../devices/pci0000:00/{pci}/infiniband/{name}");
        return this;
    }

    public SysfsTree Port(
        string pci, string adapter, int port, string state = "4: ACTIVE", string layer = "InfiniBand", string rate = "200 Gb/sec (4X HDR)")
    {
        var directory = $"sys/devices/pci0000:00/{pci}/infiniband/{adapter}/ports/{port}";
        Write($"{directory}/state", state);
        Write($"{directory}/link_layer", layer);
        Write($"{directory}/rate", rate);
        return this;
    }

    public SysfsTree Interface(string pci, string name, string file = "dev_port", string index = "0")
    {
        Write($"sys/devices/pci0000:00/{pci}/net/{name}/{file}", index);
        return this;
    }

    public SysfsTree Verbs(string name, string adapter, bool hasFile = true) => Class("infiniband_verbs", name, adapter, null, hasFile);

    public SysfsTree Mad(string name, string adapter, int port, bool hasFile = true) =>
        Class("infiniband_mad", name, adapter, port, hasFile);

    /// <summary>A file of the adapter's that is not below /dev/infiniband.</summary>
    public SysfsTree HostFabricInterface(string name)
    {
        Write($"dev/{name}", "");
        return this;
    }

    /// <summary>
    /// Soft-RoCE as Linux lays it out (rdma_rxe over eth0, seen with a Debian 12 kernel): virtual, so without a device link, hence without
    /// interface and NUMA node of an adapter.
    /// </summary>
    public SysfsTree SoftRoce(string name = "rxe0", string parent = "eth0")
    {
        var device = $"sys/devices/virtual/infiniband/{name}";
        Write($"{device}/node_type", "1: CA");
        Write($"{device}/node_guid", "5054:00ff:fe0a:0d65");
        Write($"{device}/fw_ver", "");
        Write($"{device}/parent", parent);
        Write($"{device}/ports/1/state", "4: ACTIVE");
        Write($"{device}/ports/1/link_layer", "Ethernet");
        Write($"{device}/ports/1/rate", "2.5 Gb/sec (1X SDR)");
        Write($"{device}/ports/1/gid_attrs/ndevs/0", parent);
        Write($"{device}/ports/1/gid_attrs/ndevs/1", parent);
        Link($"sys/class/infiniband/{name}", $"../../devices/virtual/infiniband/{name}");
        return Verbs("uverbs0", name);
    }

    public SysfsTree RdmaCm()
    {
        Write("sys/class/misc/rdma_cm/dev", "10:58");
        Write("dev/infiniband/rdma_cm", "");
        return this;
    }

    public void Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text + "\n");
    }

    /// <summary>Runs the script over the tree.</summary>
    public string Facts(params string[] shell)
    {
        var start = new ProcessStartInfo(shell[0], [.. shell[1..], .. IbDeviceProbe.Script.Command(Root).Skip(1)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        Assert.Equal("", process.StandardError.ReadToEnd());
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    public IReadOnlyList<IbDevice> Devices() => IbDeviceProbe.Parse("o2wn01", Facts("/bin/sh"));

    private SysfsTree Class(string type, string name, string adapter, int? port, bool hasFile)
    {
        Write($"sys/class/{type}/{name}/ibdev", adapter);
        if (port is not null)
        {
            Write($"sys/class/{type}/{name}/port", $"{port}");
        }

        if (hasFile)
        {
            Write($"dev/infiniband/{name}", "");
        }

        return this;
    }

    private void Link(string path, string target)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        Directory.CreateSymbolicLink(full, target);
    }
}
