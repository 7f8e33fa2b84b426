using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Containers;

public sealed class ContainerPlannerTests
{
    [Fact]
    public void The_container_runs_as_the_owner_with_every_supplementary_group()
    {
        var spec = ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment)).GetSpec();

        Assert.Equal("4001:4001", spec.User);
        Assert.Equal([5001u, 5002u], spec.Groups);
        Assert.Equal(["ALL"], spec.CapabilitiesDropped);
        Assert.Contains("no-new-privileges", spec.SecurityOptions);
        Assert.False(spec.Privileged);
    }

    [Fact]
    public void The_cpu_quota_is_what_was_granted_and_absent_where_that_is_all_the_node_has_or_nobody_knows()
    {
        var request = PlanRequests.For(PlanRequests.Environment);

        Assert.Equal(32, ContainerPlanner.Plan(request).GetSpec().Cpus);
        Assert.Equal(32, ContainerPlanner.Plan(request with { Node = request.Node with { Slots = 1 } }).GetSpec().Cpus);
        Assert.Null(ContainerPlanner.Plan(request with { Node = request.Node with { Cpus = null } }).GetSpec().Cpus);
        Assert.Null(ContainerPlanner.Plan(request with { Facts = request.Facts with { Cpus = 32 } }).GetSpec().Cpus);
    }

    [Fact]
    public void A_binding_that_the_batch_system_made_becomes_the_cpuset()
    {
        var request = PlanRequests.For(PlanRequests.Environment);
        var bound = request with { Node = request.Node with { Cpuset = "0-15,32-47" } };

        Assert.Equal("0-15,32-47", ContainerPlanner.Plan(bound).GetSpec().Cpuset);
    }

    [Fact]
    public void A_job_gets_verbs_and_the_connection_manager_and_nothing_that_administers_the_fabric()
    {
        var spec = ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment)).GetSpec();

        Assert.Equal(["/dev/infiniband/rdma_cm", "/dev/infiniband/uverbs0", "/dev/infiniband/uverbs1"], spec.Devices);
    }

    [Fact]
    public void An_environment_may_name_its_adapters_and_a_missing_one_is_an_error()
    {
        var one = ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment with { Devices = ["mlx5_1"] })).GetSpec();
        Assert.Equal(["/dev/infiniband/rdma_cm", "/dev/infiniband/uverbs1"], one.Devices);

        var failure = Assert.Throws<HpcException>(
            () => ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment with { Devices = ["mlx5_7"] })));
        Assert.Equal(ErrorId.DeviceMissing, failure.Id);
        Assert.Contains("mlx5_7", failure.Message, StringComparison.Ordinal);
        Assert.Equal("o2wn01", failure.Target);
    }

    [Fact]
    public void Device_files_that_the_environment_names_go_in_beside_the_adapters_and_one_that_is_missing_is_an_error_unless_optional()
    {
        var environment = PlanRequests.Environment with
        {
            Devices = ["none"],
            DeviceFiles = [new() { Path = "/dev/knem" }, new() { Path = "/dev/xpmem", Optional = true }],
            Origins = [new SettingOrigin("deviceFiles[/dev/knem]", "/dev/knem", "site defaults", "site.yaml", 3)],
        };

        var plan = ContainerPlanner.Plan(PlanRequests.For(environment, "/dev/xpmem"));
        Assert.Equal(["/dev/knem"], plan.GetSpec().Devices);
        Assert.Equal("site defaults (site.yaml:3)", plan.Options.Single(option => option.Name == "device").Origin);
        Assert.Equal(["/dev/knem", "/dev/xpmem"], ContainerPlanner.Plan(PlanRequests.For(environment)).GetSpec().Devices);

        var failure = Assert.Throws<HpcException>(() => ContainerPlanner.Plan(PlanRequests.For(environment, "/dev/knem")));
        Assert.Equal((ErrorId.DeviceMissing, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains("/dev/knem", failure.Message, StringComparison.Ordinal);
        Assert.Contains("site.yaml:3", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_Omni_Path_adapters_own_file_goes_in_with_it_and_an_adapter_that_only_manages_stays_out()
    {
        var omniPath = PlanRequests.Adapter("hfi1_0", 0) with { Hfi = "/dev/hfi1_0" };
        var managing = PlanRequests.Adapter("smi1", 1) with { Uverbs = null, IsManagementOnly = true };
        var plan = ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment) with { Devices = [omniPath, managing] });
        Assert.Equal(["/dev/hfi1_0", "/dev/infiniband/rdma_cm", "/dev/infiniband/uverbs0"], plan.GetSpec().Devices);
    }

    [Fact]
    public void Devices_given_by_hand_are_those_of_the_node_and_none_is_an_answer()
    {
        var request = PlanRequests.For(PlanRequests.Environment);

        var chosen = request with { Devices = [PlanRequests.Adapter("mlx5_0", 0), PlanRequests.Adapter("mlx5_3", 3, node: "o2wn02")] };
        Assert.Equal(["/dev/infiniband/rdma_cm", "/dev/infiniband/uverbs0"], ContainerPlanner.Plan(chosen).GetSpec().Devices);
        Assert.Empty(ContainerPlanner.Plan(request with { Devices = [] }).GetSpec().Devices);
    }

    [Fact]
    public void A_missing_mount_source_is_an_error_unless_the_mount_is_optional()
    {
        var mount = new MountDefinition { Source = "/cvmfs", Target = "/cvmfs", Optional = true };
        var optional = PlanRequests.For(PlanRequests.Environment with { Mounts = [mount] }, missing: "/cvmfs");
        Assert.DoesNotContain(ContainerPlanner.Plan(optional).GetSpec().Mounts, planned => planned.Source == "/cvmfs");

        var required = PlanRequests.For(PlanRequests.Environment with { Mounts = [mount with { Optional = false }] }, missing: "/cvmfs");
        var failure = Assert.Throws<HpcException>(() => ContainerPlanner.Plan(required));
        Assert.Equal(ErrorId.MountSourceMissing, failure.Id);
        Assert.Contains("/cvmfs", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bridge_publishes_the_jobs_port_and_the_host_network_publishes_nothing()
    {
        var bridge = PlanRequests.For(PlanRequests.Environment with { NetworkMode = NetworkMode.Bridge }) with { PublishedPorts = [8080] };

        Assert.Equal([22042, 8080], ContainerPlanner.Plan(bridge).GetSpec().PublishedPorts);
        Assert.Empty(ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment)).GetSpec().PublishedPorts);
    }

    [Fact]
    public void Memory_for_each_slot_is_multiplied_by_the_nodes_slots()
    {
        var limits = new ContainerLimits { MemoryPerSlotBytes = 1L << 30 };

        Assert.Equal(32L << 30, ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment with { Limits = limits })).GetSpec().MemoryBytes);
    }

    [Fact]
    public void The_host_name_may_carry_node_and_job()
    {
        var environment = PlanRequests.Environment with { Hostname = "{node}-{job}" };

        Assert.Equal("o2wn01-42", ContainerPlanner.Plan(PlanRequests.For(environment)).GetSpec().Hostname);
    }

    [Fact]
    public void The_labels_alone_rebuild_the_container_and_its_jobs_nodes()
    {
        var plan = ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment));
        var found = new EngineContainer
        {
            Id = "f00",
            Name = plan.Name,
            Image = plan.Image,
            State = ContainerState.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Labels = plan.GetSpec().Labels,
        };

        var container = ContainerLabels.ToHpcContainer("o2wn01", found);
        Assert.Equal(
            ("42", "debian12", "hpcuser", 32, 22042, "/run/pisahpc/42"),
            (container.JobId, container.Environment, container.Owner, container.Slots, container.Port, container.Directory));
        Assert.Equal(PlanRequests.Allocation.Nodes.Select(node => node with { Cpus = null }), ContainerLabels.NodesOf(found));
    }

    [Fact]
    public void Each_option_names_its_origin()
    {
        var environment = PlanRequests.Environment with
        {
            Origins = [new SettingOrigin("image", PlanRequests.Environment.Image, "environment debian12", "/etc/pisahpc/site.yaml", 12)],
        };

        var options = ContainerPlanner.Plan(PlanRequests.For(environment)).Options;

        Assert.Equal("environment debian12 (/etc/pisahpc/site.yaml:12)", options.Single(option => option.Name == "image").Origin);
        Assert.Equal("owner", options.Single(option => option.Name == "user").Origin);
        Assert.Equal("allocation", options.Single(option => option.Name == "cpus").Origin);
        Assert.All(options, option => Assert.NotEmpty(option.Origin));
    }

    [Fact]
    public void The_directory_that_the_batch_system_made_for_the_job_is_there_under_the_same_path_unless_the_environment_mounts_it()
    {
        const string Scratch = "/execute/dir_7";
        var request = PlanRequests.For(PlanRequests.Environment);
        request = request with { Node = request.Node with { ScratchDirectory = Scratch } };
        var plan = ContainerPlanner.Plan(request);
        Assert.False(Assert.Single(plan.GetSpec().Mounts, mount => mount.Target == Scratch).ReadOnly);
        Assert.Equal("allocation", plan.Options.Single(option => option.Value == $"{Scratch}:{Scratch}:rw").Origin);

        var own = new MountDefinition { Source = "/local", Target = Scratch };
        var mounted = ContainerPlanner.Plan(request with { Environment = PlanRequests.Environment with { Mounts = [own] } });
        Assert.Equal("/local", Assert.Single(mounted.GetSpec().Mounts, mount => mount.Target == Scratch).Source);
    }
}
