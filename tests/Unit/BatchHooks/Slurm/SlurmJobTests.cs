namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>hooks/slurm/slurm-job, the first line of a batch script, with a stand-in for the program that hands commands to a container.</summary>
public sealed class SlurmJobTests
{
    private static readonly (string, string?) Asks = ("SLURM_JOB_COMMENT", "docker-tiny");

    [Theory]
    [InlineData("#!/bin/bash\necho hello\n", "/bin/bash COPY one two")]
    [InlineData("#! /bin/bash  -l -x \necho\n", "/bin/bash -l -x COPY one two")]
    [InlineData("#!/usr/bin/env\tpython3\n", "/usr/bin/env python3 COPY one two")]
    [InlineData("echo without a first line\n", "/bin/sh COPY one two")]
    [InlineData("", "/bin/sh COPY one two")]
    [InlineData("#!/bin/sh\n# This script was created by sbatch --wrap.\n\necho 'a  b'", "/bin/sh COPY one two")]
    public void The_script_runs_in_the_container_by_the_interpreter_that_its_user_wrote_and_byte_by_byte_as_he_wrote_it(
        string script, string expected)
    {
        using var node = Started();
        var copy = node.PathOf("run/7/slurm_script");
        Assert.Equal(0, node.Call("slurm-job", [ScriptOf(node, script), "one", "two"]).Code);
        Assert.Equal(
            $"pisahpc-run --socket {node.Run}/7/agent/socket --wait 10 -- {expected.Replace("COPY", copy, StringComparison.Ordinal)}", node.Calls[^1]);
        Assert.Equal(script, File.ReadAllText(copy));
    }

    [Fact]
    public void The_kernel_takes_it_for_a_first_line()
    {
        using var node = Started();
        ProgramFile(node, "#!/bin/sh -e\necho\n");
        Assert.Equal(0, node.Call("slurm_script", ["one"]).Code);
        Assert.EndsWith($"-- /bin/sh -e {node.PathOf("run/7/slurm_script")} one", node.Calls[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_that_failed_is_one_line_for_the_user_and_the_code_that_says_whether_to_try_again()
    {
        using var node = new HookDirectory("echo 'image-missing n02 No image pisa/x.' >\"$7\"; exit 78");
        node.Call("slurm-prolog", [], Asks);
        Assert.Equal(
            (78, "", "pisahpc: image-missing on n02: No image pisa/x.\n"), node.Call("slurm-job", [ScriptOf(node, "#!/bin/sh\n")]));
    }

    [Fact]
    public void What_may_pass_is_requeued_twice_and_then_ends_with_75()
    {
        using var node = new HookDirectory("exit 75");
        node.Stand("scontrol", "[ ! -e \"${0%/*}/refuse\" ]");
        node.Stand("sleep", "exit 0");
        var path = ("PATH", (string?)$"{node.Root}:/usr/bin:/bin");
        node.Call("slurm-prolog", [], Asks);
        var first = node.Call("slurm-job", [ScriptOf(node, "#!/bin/sh\n")], path);
        Assert.Contains("scontrol requeue 7", node.Calls);
        Assert.EndsWith(" (requeued)\n", first.Error.Split('\n')[0] + "\n", StringComparison.Ordinal);

        File.WriteAllText(node.PathOf("refuse"), "");
        Assert.Equal(75, node.Call("slurm-job", [ScriptOf(node, "#!/bin/sh\n")], path).Code);

        node.Call("slurm-prolog", [], Asks, ("SLURM_JOB_RESTART_COUNT", "2"));
        var requests = node.Calls.Count(call => call.StartsWith("scontrol", StringComparison.Ordinal));
        Assert.Equal(75, node.Call("slurm-job", [ScriptOf(node, "#!/bin/sh\n")], path, ("SLURM_RESTART_COUNT", "2")).Code);
        Assert.Equal(requests, node.Calls.Count(call => call.StartsWith("scontrol", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_script_without_a_prolog_says_so_and_a_command_without_a_container_runs_on_the_node()
    {
        using var node = new HookDirectory();
        Assert.Contains(
            "pisahpc: no-prolog on n01: ", node.Call("slurm-job", [ScriptOf(node, "#!/bin/sh\n")]).Error, StringComparison.Ordinal);
        Assert.Equal((0, "a  b\n", ""), node.Call("slurm-job", ["printf", "%s\n", "a  b"]));
        node.Stand("shell", "echo a shell");
        Assert.Equal((0, "a shell\n", ""), node.Call("slurm-job", [], ("SHELL", node.PathOf("shell"))));
    }

    [Fact]
    public void A_command_runs_in_the_container_on_the_first_node_and_on_others_that_have_one()
    {
        using var node = Started();
        node.Call("slurm-job", ["id", "-u"]);
        Assert.EndsWith("--wait 10 -- id -u", node.Calls[^1], StringComparison.Ordinal);
        node.Call("slurm-job", []);
        Assert.Contains("-- /bin/sh -c ", node.Calls[^1], StringComparison.Ordinal);

        node.Call("slurm-prolog", [], Asks, ("SLURMD_NODENAME", "n02"), ("SLURM_JOB_ID", "8"));
        var end = node.Call("slurm-job", ["id"], ("SLURMD_NODENAME", "n02"), ("SLURM_JOB_ID", "8"));
        Assert.Equal((75, "pisahpc: not-started on n02: the job's containers were not started: its first line on n01 says why\n"), (end.Code, end.Error));
    }

    [Fact]
    public void The_key_to_the_users_display_is_copied_to_where_the_container_sees_it()
    {
        using var node = Started();
        node.Stand("pisahpc-run", "echo $XAUTHORITY");
        File.WriteAllText(node.PathOf("key"), "secret");
        (string, string?) display = ("DISPLAY", "localhost:10.0"), key = ("XAUTHORITY", node.PathOf("key"));
        Assert.Equal((0, node.PathOf("run/7/Xauthority\n"), ""), node.Call("slurm-job", ["xterm"], display, key));
        Assert.Equal(("secret", "600"), (File.ReadAllText(node.PathOf("run/7/Xauthority")), node.ModeOf("run/7/Xauthority")));
        Assert.Equal((0, "/none\n", ""), node.Call("slurm-job", ["xterm"], display, ("XAUTHORITY", "/none")));
        Assert.Equal((0, node.PathOf("key\n"), ""), node.Call("slurm-job", ["env"], key));
    }

    [Theory]
    [InlineData("SLURM_JOB_ID", "../7")]
    [InlineData("SLURM_RESTART_COUNT", "0/../../x")]
    public void A_job_that_is_none_leads_to_no_record(string name, string value)
    {
        using var node = Started();
        Assert.Equal(78, node.Call("slurm-job", ["id"], (name, value)).Code);
    }

    private const string NoIp = "exit 127";

    /// <summary>iproute2 6.1, <c>ip -o -4 addr show up scope global</c>; <c>eth1</c> is up and has none.</summary>
    private const string Ip = """
        cat <<'END'
        2: eth0    inet 10.1.0.7/24 brd 10.1.0.255 scope global eth0\       valid_lft forever preferred_lft forever
        2: eth0    inet 10.1.0.8/24 scope global secondary eth0:1\       valid_lft forever preferred_lft forever
        4: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0\       valid_lft forever preferred_lft forever
        5: podman1    inet 10.88.0.1/16 scope global podman1\       valid_lft forever preferred_lft forever
        6: vpn0    inet 10.9.0.1/32 scope global vpn0\       valid_lft forever preferred_lft forever
        7: bond0.7@bond0    inet 10.7.0.7/24 scope global bond0.7\       valid_lft forever preferred_lft forever
        END
        """;

    [Theory]
    [InlineData(Ip, "", "hash eth0,bond0.7 eth0,bond0.7 eth0")]
    [InlineData(Ip, "mlx5_0", "hash eth0,bond0.7 - -")]
    [InlineData("exit 0", "", "hash - - -")]
    [InlineData(NoIp, "", "hash eth0,eth1,ib0 eth0,eth1,ib0 eth0")]
    [InlineData(NoIp, "mlx5_0", "hash eth0,eth1,ib0 - -")]
    public void A_program_is_told_the_interfaces_with_an_address_that_are_no_bridges_and_a_rank_more(string ip, string adapter, string expected)
    {
        using var node = Started(ip);
        Assert.Equal(expected, Told(node, adapter, ("PMIX_RANK", "3")));
        Assert.Equal(expected, Told(node, adapter, ("PMI_RANK", "3")));
        Assert.Equal("-" + expected["hash".Length..], Told(node, adapter));
    }

    /// <summary>The job's start has written down what it found on this node; a dash is what it did not.</summary>
    [Theory]
    [InlineData("eth1 10.1.0.0/24 -", "hash 10.1.0.0/24 eth1 eth1")]
    [InlineData("eth1 - eth1", "hash eth1 eth1 eth1")]
    [InlineData("- - 10.9.0.0/16", "hash eth0,bond0.7 eth0,bond0.7 eth0")]
    [InlineData("", "hash eth0,bond0.7 eth0,bond0.7 eth0")]
    public void Where_the_start_of_the_job_has_decided_it_is_that(string decided, string expected)
    {
        using var node = Started(Ip);
        File.WriteAllText(node.PathOf("run/7/network"), decided + "\n");
        Assert.Equal(expected, Told(node, "", ("PMIX_RANK", "3")));
    }

    [Fact]
    public void What_a_user_says_of_interfaces_stays()
    {
        using var node = Started();
        Assert.Equal(
            "ds21 10.0.0.0/8 eth1 eth2",
            Told(
                node, "", ("PMIX_RANK", "3"), ("PMIX_MCA_gds", "ds21"), ("OMPI_MCA_btl_tcp_if_include", "10.0.0.0/8"), ("UCX_NET_DEVICES", "eth1"),
                ("FI_TCP_IFACE", "eth2")));
        Assert.Equal("hash - eth0,eth1,ib0 eth0", Told(node, "", ("PMIX_RANK", "3"), ("OMPI_MCA_btl_tcp_if_exclude", "lo")));
    }

    /// <summary>The cluster's own starter is not in a container.</summary>
    [Fact]
    public void An_mpirun_is_told_to_start_its_daemons_by_ssh_unless_its_user_says_otherwise()
    {
        using var node = Started("echo '2: eth0    inet 10.1.0.7/24 scope global eth0'");
        node.Stand(
            "pisahpc-run",
            "echo $OMPI_MCA_plm $PRTE_MCA_plm $HYDRA_LAUNCHER $I_MPI_HYDRA_BOOTSTRAP $OMPI_MCA_oob_tcp_if_include $OMPI_MCA_plm_rsh_args");
        var path = ("PATH", (string?)$"{node.Root}:/usr/bin:/bin");
        var own = $"-F {node.Run}/7/ssh_config";
        Assert.Equal($"rsh ssh ssh ssh eth0 {own}\n", node.Call("slurm-job", [ScriptOf(node, "#!/bin/sh\n")], path).Output);
        Assert.Equal($"slurm ssh fork ssh lo {own}\n", node.Call(
            "slurm-job", ["mpirun"], path, ("OMPI_MCA_plm", "slurm"), ("HYDRA_LAUNCHER", "fork"), ("OMPI_MCA_oob_tcp_if_include", "lo")).Output);
        Assert.Equal("\n", node.Call("slurm-job", ["./a.out"], path, ("PMI_RANK", "0")).Output);
    }

    [Fact]
    public void A_node_of_another_component_has_the_containers_of_the_first_one()
    {
        using var node = Started();
        node.Call("slurm-prolog", [], Asks, ("SLURM_JOB_ID", "9"), ("SLURM_HET_JOB_ID", "8"), ("SLURM_NODELIST", "n01"));
        (string, string?)[] step = [("SLURM_JOB_ID", "8"), ("SLURM_JOB_ID_HET_GROUP_0", "8"), ("SLURM_JOB_ID_HET_GROUP_1", "9")];
        Assert.Equal(
            (75, "pisahpc: not-started on n01: the job's containers were not started: its first line on the first node of job 8 says why\n"),
            (node.Call("slurm-job", ["id"], step).Code, node.Call("slurm-job", ["id"], step).Error));

        Directory.CreateDirectory(node.PathOf("run/8/agent"));
        using var agent = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        agent.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(node.PathOf("run/8/agent/socket")));
        Assert.Equal(0, node.Call("slurm-job", ["id"], step).Code);
        Assert.EndsWith($"--socket {node.Run}/8/agent/socket --wait 10 -- id", node.Calls[^1], StringComparison.Ordinal);
        Assert.Equal((0, "inner\n"), (0, node.Call("slurm-job", ["echo", "inner"], [.. step, ("SLURM_JOB_ID", "10")]).Output));
    }

    /// <summary>What a command in the container has of the variables, on a node with some interfaces.</summary>
    private static string Told(HookDirectory node, string adapter, params (string Name, string? Value)[] variables)
    {
        foreach (var (name, state) in new[]
        {
            ("lo", "unknown"), ("docker0", "up"), ("br-0123456789ab", "up"), ("veth01", "up"), ("eth0", "up"), ("eth1", "up"),
            ("eth7", "down"), ("ib0", "unknown"), ("podman1/bridge", "up"), ("vpn0/tun_flags", "unknown"),
        })
        {
            Directory.CreateDirectory(node.PathOf($"class/net/{name}"));
            File.WriteAllText(node.PathOf($"class/net/{name}/operstate"), state + "\n");
        }

        Directory.CreateDirectory(node.PathOf($"class/infiniband/{adapter}"));
        node.Stand(
            "pisahpc-run",
            "echo ${PMIX_MCA_gds--} ${OMPI_MCA_btl_tcp_if_include--} ${UCX_NET_DEVICES--} ${FI_TCP_IFACE--}");
        return node.Call("slurm-job", ["./a.out"], [("PATH", $"{node.Root}:/usr/bin:/bin"), .. variables]).Output.Trim();
    }

    private static HookDirectory Started(string ip = NoIp)
    {
        var node = new HookDirectory();
        node.Stand("ip", ip);
        node.Stand("pisahpc-run", "exit 0");
        node.Call("slurm-prolog", [], Asks);
        Directory.CreateDirectory(node.PathOf("run/7"));
        return node;
    }

    private static string ScriptOf(HookDirectory node, string script)
    {
        ProgramFile(node, script);
        return node.PathOf("slurm_script");
    }

    private static void ProgramFile(HookDirectory node, string script) =>
        Tests.ProgramFile.Write(node.PathOf("slurm_script"), $"#!{node.Root}/slurm-job\n{script}");
}
