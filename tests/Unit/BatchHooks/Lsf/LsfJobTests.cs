namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>hooks/lsf/lsf-job, LSF's JOB_STARTER, with a stand-in for the program that hands commands to a container.</summary>
public sealed class LsfJobTests
{
    private static readonly string[] Tiny = ["tiny"];

    [Theory]
    [InlineData(new[] { "tiny", "./solver case.dat; echo $?" }, "/bin/sh -c ./solver case.dat; echo $?")]
    [InlineData(new[] { "tiny", "./solver", "a  b" }, "./solver a  b")]
    public void The_users_command_runs_in_the_container_of_the_first_host(string[] arguments, string expected)
    {
        using var host = Started();
        Assert.Equal(0, host.Call("lsf-job", arguments).Code);
        Assert.Equal($"pisahpc-run --socket {host.Run}/7/agent/socket --wait 10 -- {expected}", host.Calls[^1]);
    }

    [Fact]
    public void An_element_of_an_array_has_its_own()
    {
        using var host = Started(("LSB_JOBINDEX", "12"));
        host.Call("lsf-job", ["tiny", "id"], ("LSB_JOBINDEX", "12"));
        Assert.Contains($"--socket {host.Run}/7.12/agent/socket ", host.Calls[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#!/bin/bash -l\n#BSUB -n 4\necho hello\n", "/bin/bash -l")]
    [InlineData("echo hello\n", "/bin/sh")]
    public void A_script_that_LSF_made_is_one_that_the_container_sees_byte_by_byte(string script, string interpreter)
    {
        using var host = Started();
        var file = host.PathOf("1764430000.7");
        File.WriteAllText(file + ".shell", script);
        Assert.Equal(0, host.Call("lsf-job", ["tiny", file + ".shell"], ("LSB_JOBFILENAME", file)).Code);
        var copy = host.PathOf("run/7/lsf_script");
        Assert.EndsWith($"-- {interpreter} {copy}", host.Calls[^1], StringComparison.Ordinal);
        Assert.Equal((script, "600"), (File.ReadAllText(copy), host.ModeOf("run/7/lsf_script")));
    }

    [Fact]
    public void The_key_to_the_users_display_is_copied_to_where_the_container_sees_it()
    {
        using var host = Started();
        host.Stand("pisahpc-run", "echo $XAUTHORITY");
        File.WriteAllText(host.PathOf("key"), "secret");
        Assert.Equal(
            (0, host.PathOf("run/7/Xauthority\n"), ""),
            host.Call("lsf-job", ["tiny", "xterm"], ("DISPLAY", "localhost:10.0"), ("XAUTHORITY", host.PathOf("key"))));
        Assert.Equal("secret", File.ReadAllText(host.PathOf("run/7/Xauthority")));
    }

    [Fact]
    public void The_exit_code_is_the_commands()
    {
        using var host = Started();
        host.Stand("pisahpc-run", "exit 42");
        Assert.Equal(42, host.Call("lsf-job", ["tiny", "x"]).Code);
    }

    [Fact]
    public void A_start_that_failed_is_one_line_for_the_user_and_the_code_that_says_whether_to_try_again()
    {
        using var host = LsfPreTests.Node("echo 'image-missing n02 No image pisa/x.' >\"$7\"; exit 78");
        host.Call("lsf-pre", Tiny);
        Assert.Equal((78, "", "pisahpc: image-missing on n02: No image pisa/x.\n"), host.Call("lsf-job", ["tiny", "id"]));
    }

    [Fact]
    public void A_profile_without_a_pre_execution_says_so_and_a_queues_job_that_asks_for_nothing_runs_on_the_host()
    {
        using var host = LsfPreTests.Node();
        var end = host.Call("lsf-job", ["tiny", "echo never"]);
        Assert.Equal(78, end.Code);
        Assert.StartsWith("pisahpc: no-pre-exec on n01: ", end.Error, StringComparison.Ordinal);
        Assert.Equal((3, "a  b\n", ""), host.Call("lsf-job", ["-", "echo 'a  b'; exit 3"]));
    }

    [Fact]
    public void Where_the_queue_has_an_environment_only_a_job_that_wants_none_runs_on_the_host()
    {
        using var host = LsfPreTests.Node(settings: "queues hpc");
        Assert.Equal(78, host.Call("lsf-job", ["-", "echo never"]).Code);
        var none = ("PISAHPC_ENVIRONMENT", (string?)"none");
        Assert.Equal((0, 0), host.Count("lsf-pre", none));
        Assert.Equal((0, "here\n", ""), host.Call("lsf-job", ["-", "echo here"], none));
    }

    [Theory]
    [InlineData("NONE")]
    [InlineData("docker-tiny")]
    public void A_variable_that_chooses_nothing_in_a_queue_is_said_so(string value)
    {
        using var host = LsfPreTests.Node(settings: "queues hpc");
        var asked = ("PISAHPC_ENVIRONMENT", (string?)value);
        Assert.Equal((0, 0), host.Count("lsf-pre", asked));
        Assert.Equal(
            (78, "", $"pisahpc: environment-unasked on n01: {asked.Item1}={value} chooses nothing here: bsub -a docker-NAME, or none\n"),
            host.Call("lsf-job", ["-", "echo never"], asked));
    }

    [Theory]
    [InlineData("LSB_JOBID", "../7")]
    [InlineData("LSB_JOBINDEX", "0/../../x")]
    public void A_job_that_is_none_leads_to_no_record(string name, string value)
    {
        using var host = Started();
        Assert.Equal(78, host.Call("lsf-job", ["tiny", "id"], (name, value)).Code);
    }

    private static HookDirectory Started(params (string Name, string? Value)[] variables)
    {
        var host = LsfPreTests.Node();
        host.Stand("pisahpc-run", "exit 0");
        host.Call("lsf-pre", Tiny, variables);
        Directory.CreateDirectory(host.PathOf(variables.Length == 0 ? "run/7" : $"run/7.{variables[0].Value}"));
        return host;
    }
}
