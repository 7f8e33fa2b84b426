using PisaHpc.Engines;

namespace PisaHpc.Unit.Environments;

/// <summary>The container that a static environment is on a node.</summary>
public sealed class StaticPlanTests
{
    [Fact]
    public async Task It_is_an_sshd_of_roots_that_the_engine_keeps_under_a_fixed_name()
    {
        var plans = await new StaticCluster().PlanAsync();
        Assert.Equal(["o2wn01", "o2wn02"], plans.Select(plan => plan.Node));

        var (plan, spec) = (plans[0], plans[0].GetSpec());
        Assert.Equal((null, "cs7", "pisahpc-static-cs7", "Login", 2201), (plan.JobId, plan.Static, plan.Name, plan.Access, plan.Port));
        Assert.Equal(("0:0", RestartPolicy.UnlessStopped, NetworkMode.Host, true), (spec.User, spec.Restart, spec.Network, spec.Init));
        Assert.Equal(["/usr/sbin/sshd", "-D", "-e", "-f", $"/var/lib/pisahpc/static/cs7/{plan.Logins!.FileName}"], spec.Command.Skip(4));
        Assert.Equal(["ALL"], spec.CapabilitiesDropped);
        Assert.Equal(["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID", "SYS_CHROOT"], spec.Capabilities);
        Assert.Contains("no-new-privileges", spec.SecurityOptions);
        Assert.False(spec.Privileged);
        Assert.Null(spec.Cpus);
        Assert.Equal(
            ["/var/lib/pisahpc/static/cs7", "/etc/passwd", "/etc/group", "/etc/shadow"],
            spec.Mounts.Where(mount => mount.ReadOnly && mount.Source == mount.Target).Select(mount => mount.Source));
    }

    [Fact]
    public async Task Its_labels_say_the_declaration_the_generation_and_who_started_it()
    {
        var plan = await new StaticCluster().PlanOneAsync();
        var labels = plan.GetSpec().Labels;
        Assert.Equal(("2", "cs7", "alice@head1", "2201"), (labels["pisahpc.schema"], labels["pisahpc.static"], labels["pisahpc.started-by"], labels["pisahpc.port"]));
        Assert.Matches("^[0-9a-f]{12}$", labels["pisahpc.generation"]);
        Assert.Equal(labels["pisahpc.generation"], plan.Generation);
        Assert.DoesNotContain("pisahpc.job", labels.Keys);
    }

    [Fact]
    public async Task The_generation_is_another_one_for_another_declaration_and_the_same_for_another_attempt()
    {
        var first = await GenerationAsync(StaticCluster.Declared);
        Assert.Equal(first, await GenerationAsync(StaticCluster.Declared));
        Assert.NotEqual(first, await GenerationAsync(StaticCluster.Declared.Replace("2201", "2202", StringComparison.Ordinal)));
        Assert.NotEqual(first, await GenerationAsync(StaticCluster.Declared.Replace("port: 2201", "port: 2201, restart: always", StringComparison.Ordinal)));
        Assert.NotEqual(first, await GenerationAsync(StaticCluster.Declared.Replace("port: 2201", "port: 2201, logins: { groups: hpc }", StringComparison.Ordinal)));
        Assert.Equal(first, await GenerationAsync(StaticCluster.Declared.Replace("nodes: 'o2wn[01-02]', port", "nodes: o2wn01, port", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_image_with_an_init_of_its_own_has_it_as_its_first_process_with_what_that_wants()
    {
        var cluster = new StaticCluster(StaticCluster.Declared.Replace(
            "port: 2201", "port: 2201, imageInit: /usr/sbin/init, mounts: [ '/sys/fs/cgroup:/sys/fs/cgroup:ro' ], capabilities: [ SYS_ADMIN ]",
            StringComparison.Ordinal));
        var spec = (await cluster.PlanOneAsync()).GetSpec();

        Assert.Equal(["/usr/sbin/init"], spec.Command);
        Assert.Equal(("SIGRTMIN+3", false, "docker"), (spec.StopSignal, spec.Init, spec.Environment["container"]));
        Assert.Equal(["/run", "/run/lock"], spec.Tmpfs);
        Assert.Empty(spec.CapabilitiesDropped);
        Assert.Equal(["SYS_ADMIN"], spec.Capabilities);
        Assert.False(spec.Privileged);
        Assert.Contains(spec.Mounts, mount => mount.ToString() == "/sys/fs/cgroup:/sys/fs/cgroup:ro");
        Assert.Contains(spec.Mounts, mount => mount.Target == "/etc/ssh/sshd_config" && mount.ReadOnly);
        Assert.DoesNotContain(spec.Mounts, mount => mount.Target == "/sys/fs/cgroup/systemd");
    }

    [Fact]
    public async Task An_init_of_the_image_s_writes_to_the_groups_of_systemd_s_name_where_the_node_has_them()
    {
        const string Groups = "/sys/fs/cgroup/systemd";
        var cluster = new StaticCluster(StaticCluster.Declared.Replace("port: 2201", "port: 2201, imageInit: /sbin/init", StringComparison.Ordinal));
        Assert.Contains((await cluster.PlanOneAsync()).GetSpec().Mounts, mount => mount.Target == Groups && !mount.ReadOnly);
        cluster.Missing.Add(Groups);
        Assert.DoesNotContain((await cluster.PlanOneAsync()).GetSpec().Mounts, mount => mount.Target == Groups);
        Assert.DoesNotContain((await new StaticCluster().PlanOneAsync()).GetSpec().Mounts, mount => mount.Target == Groups);
    }

    [Fact]
    public async Task Every_option_has_its_origin()
    {
        var plan = await new StaticCluster(StaticCluster.Declared.Replace("port: 2201", "port: 80, network: bridge", StringComparison.Ordinal)).PlanOneAsync();
        var origins = plan.Options.Where(option => option.Name != "cap-add").ToLookup(option => option.Name, option => option.Origin);

        Assert.Equal("static environment", Assert.Single(origins["publish"]));
        Assert.Equal("static environment", Assert.Single(origins["restart"]));
        Assert.Equal("static cs7 (/etc/pisahpc/site.yaml:6)", Assert.Single(origins["network"]));
        Assert.Equal("logins", Assert.Single(origins["user"]));
        Assert.Equal([80], plan.GetSpec().PublishedPorts);
        Assert.Contains("NET_BIND_SERVICE", plan.GetSpec().Capabilities);
    }

    [Theory]
    [InlineData("logins: { by: hostbased }", "/etc/ssh/shosts.equiv")]
    [InlineData("logins: { accounts: sssd }", "/var/lib/sss/pipes")]
    public async Task A_node_that_lacks_what_logins_need_is_told_and_the_others_are_planned(string logins, string missing)
    {
        var cluster = new StaticCluster(StaticCluster.Declared.Replace("port: 2201", $"port: 2201, {logins}", StringComparison.Ordinal));
        Assert.Equal(2, (await cluster.PlanAsync()).Count);

        cluster.Missing.Add(missing);
        Assert.Empty(await cluster.PlanAsync());
        Assert.Equal(["o2wn01", "o2wn02"], cluster.Failures.Select(failure => failure.Node).Order());
        Assert.All(cluster.Failures, failure => Assert.Equal(ErrorId.MountSourceMissing, failure.Id));
        Assert.Contains(missing, cluster.Failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_on_one_port_of_a_node_the_second_is_refused()
    {
        var cluster = new StaticCluster(StaticCluster.Declared + "  other: { environment: debian12, nodes: o2wn02, port: 2201 }");
        Assert.Equal(2, (await cluster.PlanAsync()).Count);
        var failure = await Assert.ThrowsAsync<HpcException>(() => cluster.PlanAsync("other"));
        Assert.Equal((ErrorId.PlanConflict, "other"), (failure.Id, failure.Target));
        Assert.Contains("port 2201 of o2wn02, which is that of cs7", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_environment_that_is_entered_by_an_agent_is_none_to_log_into()
    {
        var cluster = new StaticCluster(StaticCluster.Declared.Replace("port: 2201", "port: 2201, access: agent", StringComparison.Ordinal));
        Assert.Equal(ErrorId.PlanConflict, (await Assert.ThrowsAsync<HpcException>(() => cluster.PlanAsync())).Id);
    }

    private static async Task<string> GenerationAsync(string site) => (await new StaticCluster(site).PlanOneAsync()).Generation!;
}
