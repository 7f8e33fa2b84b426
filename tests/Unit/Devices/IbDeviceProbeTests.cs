using System.Diagnostics;
using PisaHpc.Devices;

namespace PisaHpc.Unit.Devices;

public sealed class IbDeviceProbeTests : IDisposable
{
    private const string First = "0000:3b:00.0";
    private const string Second = "0000:af:00.0";
    private readonly SysfsTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void An_adapter_has_its_facts_and_the_files_that_reach_it()
    {
        OneAdapter();
        Assert.Equal(
            new IbDevice
            {
                Node = "o2wn01",
                Name = "mlx5_0",
                Port = 1,
                State = "ACTIVE",
                LinkLayer = "InfiniBand",
                RateGbps = 200,
                Guid = "b859:9f03:00a1:2b3c",
                Firmware = "20.38.1900",
                NumaNode = 1,
                Interface = "ib0",
                Uverbs = "/dev/infiniband/uverbs0",
                Issm = "/dev/infiniband/issm0",
                Umad = "/dev/infiniband/umad0",
                RdmaCm = "/dev/infiniband/rdma_cm",
            },
            Assert.Single(_tree.Devices()));
    }

    [Fact]
    public void No_adapter_is_an_empty_answer() => Assert.Empty(_tree.Devices());

    [Fact]
    public void The_verbs_file_is_paired_by_its_adapter_and_not_by_its_number()
    {
        _tree.Adapter("mlx5_0", First).Port(First, "mlx5_0", 1).Verbs("uverbs1", "mlx5_0").Mad("umad1", "mlx5_0", 1);
        _tree.Adapter("mlx5_1", Second).Port(Second, "mlx5_1", 1).Verbs("uverbs0", "mlx5_1").Mad("umad0", "mlx5_1", 1);
        Assert.Equal(
            [
                ("mlx5_0", "/dev/infiniband/uverbs1", "/dev/infiniband/umad1"),
                ("mlx5_1", "/dev/infiniband/uverbs0", "/dev/infiniband/umad0"),
            ],
            _tree.Devices().Select(device => (device.Name, device.Uverbs!, device.Umad!)));
    }

    [Fact]
    public void A_port_is_a_device_of_its_own_with_its_own_files_and_interface()
    {
        _tree.Adapter("mlx4_0", First).Port(First, "mlx4_0", 1).Port(First, "mlx4_0", 2, "1: DOWN", rate: "2.5 Gb/sec (1X SDR)");
        _tree.Interface(First, "ib0", index: "0").Interface(First, "ib1", index: "1").Verbs("uverbs0", "mlx4_0");
        _tree.Mad("umad0", "mlx4_0", 1).Mad("umad1", "mlx4_0", 2).Mad("issm0", "mlx4_0", 1).Mad("issm1", "mlx4_0", 2);
        var devices = _tree.Devices();
        Assert.Equal([1, 2], devices.Select(device => device.Port));
        Assert.Equal(["ib0", "ib1"], devices.Select(device => device.Interface));
        Assert.Equal(["/dev/infiniband/umad0", "/dev/infiniband/umad1"], devices.Select(device => device.Umad));
        Assert.Equal(["/dev/infiniband/issm0", "/dev/infiniband/issm1"], devices.Select(device => device.Issm));
        Assert.All(devices, device => Assert.Equal("/dev/infiniband/uverbs0", device.Uverbs));
        Assert.Equal(("DOWN", 2.5), (devices[1].State, devices[1].RateGbps));
    }

    [Fact]
    public void A_file_that_the_kernel_knows_and_dev_lacks_is_not_reported()
    {
        _tree.Adapter("mlx5_0", First)
            .Port(First, "mlx5_0", 1)
            .Verbs("uverbs0", "mlx5_0", hasFile: false)
            .Mad("umad0", "mlx5_0", 1, hasFile: false);
        var device = Assert.Single(_tree.Devices());
        Assert.Null(device.Uverbs);
        Assert.Null(device.Umad);
        Assert.Null(device.RdmaCm);
    }

    [Fact]
    public void The_interface_of_a_RoCE_port_is_the_one_of_its_first_GID()
    {
        _tree.Adapter("mlx5_0", First).Port(First, "mlx5_0", 1, layer: "Ethernet", rate: "100 Gb/sec (4X EDR)");
        _tree.Interface(First, "aaa_representor").Interface(First, "ens1f0np0");
        _tree.Write($"sys/devices/pci0000:00/{First}/infiniband/mlx5_0/ports/1/gid_attrs/ndevs/0", "ens1f0np0");
        var device = Assert.Single(_tree.Devices());
        Assert.Equal(("Ethernet", 100, "ens1f0np0"), (device.LinkLayer, device.RateGbps, device.Interface));
    }

    [Fact]
    public void An_older_kernel_numbers_an_adapters_interfaces_in_hexadecimal()
    {
        _tree.Adapter("mlx4_0", First)
            .Port(First, "mlx4_0", 2)
            .Interface(First, "ib0", "dev_id", "0x0")
            .Interface(First, "ib1", "dev_id", "0x1");
        Assert.Equal("ib1", Assert.Single(_tree.Devices()).Interface);
    }

    /// <summary>Linux before 4.20, RHEL 7 among them: IPoIB leaves dev_port at 0 for each port.</summary>
    [Fact]
    public void Where_dev_port_is_0_for_both_ports_dev_id_tells_the_interfaces_apart()
    {
        _tree.Adapter("mlx4_0", First).Port(First, "mlx4_0", 1).Port(First, "mlx4_0", 2);
        _tree.Interface(First, "ib0").Interface(First, "ib0", "dev_id", "0x0");
        _tree.Interface(First, "ib1").Interface(First, "ib1", "dev_id", "0x1");
        Assert.Equal(["ib0", "ib1"], _tree.Devices().Select(device => device.Interface));
    }

    [Fact]
    public void An_adapter_for_subnet_management_alone_is_told_from_one_whose_verbs_file_is_missing()
    {
        _tree.Adapter("mlx5_0", First).Port(First, "mlx5_0", 1).Verbs("uverbs0", "mlx5_0", hasFile: false).Mad("umad0", "mlx5_0", 1);
        _tree.Adapter("smi1", Second).Port(Second, "smi1", 1).Mad("umad1", "smi1", 1).Mad("issm1", "smi1", 1);
        Assert.Equal(
            [("mlx5_0", null, false), ("smi1", null, true)],
            _tree.Devices().Select(device => (device.Name, device.Uverbs, device.IsManagementOnly)));
    }

    [Fact]
    public void Without_ib_uverbs_no_adapter_is_taken_for_one_that_only_manages()
    {
        _tree.Adapter("mlx5_0", First).Port(First, "mlx5_0", 1).Mad("umad0", "mlx5_0", 1);
        Assert.False(Assert.Single(_tree.Devices()).IsManagementOnly);
    }

    [Fact]
    public void An_Omni_Path_adapter_has_its_own_device_file()
    {
        _tree.Adapter("hfi1_0", First).Port(First, "hfi1_0", 1).Verbs("uverbs0", "hfi1_0").HostFabricInterface("hfi1_0");
        _tree.Adapter("mlx5_0", Second).Port(Second, "mlx5_0", 1).Verbs("uverbs1", "mlx5_0");
        Assert.Equal([("hfi1_0", "/dev/hfi1_0"), ("mlx5_0", null)], _tree.Devices().Select(device => (device.Name, device.Hfi)));
    }

    [Fact]
    public void Soft_RoCE_has_no_device_link_and_its_interface_from_its_GIDs()
    {
        var device = Assert.Single(_tree.SoftRoce().RdmaCm().Devices());
        Assert.Equal(
            ("rxe0", "ACTIVE", "Ethernet", 2.5, "eth0", "/dev/infiniband/uverbs0", "5054:00ff:fe0a:0d65", null, -1),
            (device.Name, device.State, device.LinkLayer, device.RateGbps, device.Interface, device.Uverbs, device.Guid, device.Firmware,
                device.NumaNode));
    }

    [Fact]
    public void What_the_kernel_does_not_say_is_unknown_and_not_invented()
    {
        _tree.Adapter("mlx5_0", First, guid: "", firmware: "", numaNode: "-1").Port(First, "mlx5_0", 1, state: "", rate: "");
        var device = Assert.Single(_tree.Devices());
        Assert.Equal(
            (null, null, -1, "UNKNOWN", 0, null),
            (device.Guid, device.Firmware, device.NumaNode, device.State, device.RateGbps, device.Interface));
    }

    [Fact]
    public void Every_shell_prints_the_same_facts()
    {
        OneAdapter();
        string[][] shells =
        [
            ["/bin/sh"], ["/bin/bash"], ["/bin/bash", "--posix", "-eu"], ["/usr/bin/dash", "-eu"], ["/usr/bin/busybox", "sh", "-eu"],
        ];
        var facts = shells.Where(shell => File.Exists(shell[0])).Select(shell => _tree.Facts(shell)).ToList();
        Assert.InRange(facts.Count, 2, shells.Length);
        Assert.Single(facts.Distinct());
    }

    [Fact]
    public void Lines_of_a_larger_probe_around_the_script_are_passed_over()
    {
        OneAdapter();
        Assert.Single(IbDeviceProbe.Parse("o2wn01", $"os\tDebian\n{_tree.Facts("/bin/sh")}memory\t64\n"));
    }

    [Fact]
    public void A_root_that_does_not_exist_is_an_error_that_names_it()
    {
        using var gone = new SysfsTree();
        Directory.Delete(gone.Root);
        var failure = Assert.Throws<HpcException>(() => gone.Devices());
        Directory.CreateDirectory(gone.Root);
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Contains(gone.Root, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ib-adapter\tmlx5_0\n")]
    [InlineData("ib-port\tmlx5_0\t1\t4: ACTIVE\tInfiniBand\t200\t\n")]
    [InlineData("ib-adapter\tm\t\t\t\nib-port\tm\tx\t\t\t\t\n")]
    public void An_answer_cut_short_is_an_error_and_not_half_a_device(string text) =>
        Assert.Equal(ErrorId.NodeCommandFailed, Assert.Throws<HpcException>(() => IbDeviceProbe.Parse("o2wn01", text)).Id);

    [Fact]
    public void This_machine_itself_can_be_asked()
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", IbDeviceProbe.Script.Command().Skip(1)) { RedirectStandardOutput = true })!;
        var devices = IbDeviceProbe.Parse("here", process.StandardOutput.ReadToEnd());
        var adapters = Directory.Exists("/sys/class/infiniband") ? Directory.GetFileSystemEntries("/sys/class/infiniband").Length : 0;
        Assert.Equal(adapters, devices.Select(device => device.Name).Distinct().Count());
    }

    private void OneAdapter() => _tree
        .Adapter("mlx5_0", First).Port(First, "mlx5_0", 1).Interface(First, "ib0").Interface(First, "ib0.8001")
        .Verbs("uverbs0", "mlx5_0").Mad("umad0", "mlx5_0", 1).Mad("issm0", "mlx5_0", 1).RdmaCm();
}
