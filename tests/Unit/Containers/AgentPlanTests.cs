using PisaHpc.Access.Agent;
using PisaHpc.Access.Ssh;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Sites;
using PisaHpc.Unit.Jobs;

namespace PisaHpc.Unit.Containers;

/// <summary>What an agent adds to a plan: beside the container's sshd, or as its only way in.</summary>
public sealed class AgentPlanTests
{
    private const string Program = "/run/pisahpc/.agent/aaaaaaaaaaaaaaaa";

    private static readonly AgentPlace Place = new(new byte[] { 1 }, new string('a', 64), "/run/pisahpc");

    private static readonly JobAgent Agent = Place.For("/run/pisahpc/42");

    [Fact]
    public void Beside_an_sshd_it_is_the_main_process_and_ends_with_the_sshd()
    {
        var plan = ContainerPlanner.Plan(Beside(PlanRequests.Environment));
        Assert.Equal(
            [
                Program + "/pisahpc-agent", "serve", "/run/pisahpc/42/agent/socket",
                "--", "/usr/sbin/sshd", "-D", "-e", "-f", "/run/pisahpc/42/sshd_config",
            ],
            plan.GetSpec().Command);
        Assert.Equal(("Ssh", 22042, Program), (plan.Access, plan.Port, plan.Agent));
    }

    [Fact]
    public void It_has_its_program_read_only_and_may_write_where_its_socket_is_alone()
    {
        var mounts = ContainerPlanner.Plan(Beside(PlanRequests.Environment)).GetSpec().Mounts;
        Assert.Contains(new ContainerMount(Program, Program, ReadOnly: true), mounts);
        Assert.Equal(new ContainerMount("/run/pisahpc/42/agent", "/run/pisahpc/42/agent", ReadOnly: false), Assert.Single(mounts, mount => !mount.ReadOnly));
    }

    [Fact]
    public void Its_programs_start_from_the_owners_variables_and_the_environments()
    {
        var environment = PlanRequests.Environment with { Variables = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1", ["SHELL"] = "/bin/bash" } };
        var owner = PlanRequests.Owner with { Home = "/home/hpcuser" };
        var request = Beside(environment) with { Workload = PlanRequests.Job with { Owner = owner } };
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["HOME"] = "/home/hpcuser",
                ["LOGNAME"] = "hpcuser",
                ["OMP_NUM_THREADS"] = "1",
                ["SHELL"] = "/bin/bash",
                ["USER"] = "hpcuser",
            },
            ContainerPlanner.Plan(request).GetSpec().Environment);
    }

    [Fact]
    public void The_rules_for_a_users_variables_are_on_its_command_line_in_order_and_their_origin_is_told()
    {
        var environment = PlanRequests.Environment with
        {
            UserVariables = [new("SECRET_*", Keep: false), new("PATH", Keep: true)],
            Origins = [new SettingOrigin("userVariables[PATH]", "keep", "site defaults", "site.yaml", 3)],
        };
        var plan = ContainerPlanner.Plan(Beside(environment));
        Assert.Equal(["--drop", "SECRET_*", "--keep", "PATH", "--"], plan.GetSpec().Command.Skip(3).Take(5));
        Assert.Equal("site defaults (site.yaml:3)", Assert.Single(plan.Options, option => option is { Name: "keep", Value: "PATH" }).Origin);
    }

    [Fact]
    public void Alone_it_needs_neither_port_nor_keys()
    {
        var plan = ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment) with { Access = new AgentAccess(Agent) });
        var spec = plan.GetSpec();
        Assert.Equal([Program + "/pisahpc-agent", "serve", "/run/pisahpc/42/agent/socket"], spec.Command);
        Assert.Equal(["/etc/passwd", "/etc/group", Program, "/run/pisahpc/42/agent"], spec.Mounts.Select(mount => mount.Target));
        Assert.Equal(("Agent", 0, "/run/pisahpc/42"), (plan.Access, plan.Port, plan.Directory));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Its_containers_labels_say_how_one_gets_in(bool alone)
    {
        var request = alone ? PlanRequests.For(PlanRequests.Environment) with { Access = new AgentAccess(Agent) } : Beside(PlanRequests.Environment);
        var spec = ContainerPlanner.Plan(request).GetSpec();
        var container = ContainerLabels.ToHpcContainer("o2wn01", new EngineContainer
        {
            Id = "1",
            Name = spec.Name,
            Image = spec.Image,
            State = ContainerState.Running,
            CreatedAt = default,
            Labels = spec.Labels,
        });
        Assert.Equal(Agent, container.GetAccess().Agent);
        Assert.Equal(alone ? "Agent" : "Ssh", container.Access);
    }

    [Fact]
    public async Task An_environment_says_that_it_is_entered_by_the_agent_alone()
    {
        using var cluster = new JobCluster();
        var environment = PlanRequests.Environment with { Way = WayIn.Agent };
        await cluster.Starter.StartAsync(
            JobCluster.With(containers => containers with { Environment = environment, Agent = Place }), _ => Task.CompletedTask, CancellationToken.None);
        Assert.All(
            JobCluster.NodeNames.SelectMany(node => cluster.Nodes.EngineOf(node).Containers),
            container => Assert.Equal("Agent", container.Labels[ContainerLabels.Access]));
    }

    [Fact]
    public async Task Without_a_program_beside_the_module_that_is_an_error_before_anything_is_touched()
    {
        using var cluster = new JobCluster();
        var environment = PlanRequests.Environment with { Way = WayIn.Agent };
        var failure = await Assert.ThrowsAsync<HpcException>(() => cluster.Starter.StartAsync(
            JobCluster.With(containers => containers with { Environment = environment }), _ => Task.CompletedTask, CancellationToken.None));
        Assert.Equal(ErrorId.AgentMissing, failure.Id);
        Assert.Empty(cluster.Leftovers());
    }

    private static PlanRequest Beside(HpcEnvironment environment) =>
        PlanRequests.For(environment) with { Access = SshAccess.Of(PlanRequests.Ssh) with { Agent = Agent } };
}
