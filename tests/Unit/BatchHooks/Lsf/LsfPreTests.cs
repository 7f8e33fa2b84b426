using System.Diagnostics;

namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>hooks/lsf/lsf-pre and lsf-post, run by a real sh as LSF runs them: in /tmp, with the job's variables.</summary>
public sealed class LsfPreTests
{
    private static readonly string[] Tiny = ["tiny"];

    [Fact]
    public void A_job_that_asks_for_nothing_is_let_through_without_a_process()
    {
        using var host = Node(settings: "queues short");
        Assert.Equal((0, 0), host.Count("lsf-pre"));
        Assert.Equal((0, 0), host.Count("lsf-post"));
        Assert.Empty(host.Calls);
        Assert.False(Directory.Exists(host.Run));
    }

    [Fact]
    public void The_first_host_starts_the_job_with_the_environment_of_its_profile()
    {
        using var host = Node();
        Assert.Equal((0, "", ""), host.Call("lsf-pre", Tiny));
        Assert.Equal(
            $"pisahpc-hook start -Site /etc/pisahpc/site.yaml -DeadlineSec 20 -ReasonFile {host.Run}/.lsf/7.0.why -Environment tiny",
            Assert.Single(host.Calls));
        Assert.Equal(("started", "n01", "1764430000"), (Field(host, "state"), Field(host, "starter"), Field(host, "turn")));
        Assert.Equal("640 711", $"{host.ModeOf("run/.lsf/7.0")} {host.ModeOf("run/.lsf")}");
    }

    [Theory]
    [InlineData("n01.cluster.example 2 n02.cluster.example 1", "n01", "n01.cluster.example")]
    [InlineData("n01 2 n02 1", "n01.cluster.example", "n01")]
    public void A_host_is_known_with_its_domain_and_without(string hosts, string own, string starter)
    {
        using var host = Node();
        host.OnHost(own);
        host.Call("lsf-pre", Tiny, ("LSB_MCPU_HOSTS", hosts));
        Assert.Equal(("started", starter), (Field(host, "state"), Field(host, "starter")));
    }

    [Fact]
    public void The_other_hosts_write_down_who_starts_it_and_start_nothing()
    {
        using var host = Node();
        host.OnHost("n02");
        Assert.Equal(0, host.Call("lsf-pre", Tiny).Code);
        Assert.Empty(host.Calls);
        Assert.Equal(("elsewhere", "n01"), (Field(host, "state"), Field(host, "starter")));
    }

    [Fact]
    public void A_host_that_LSF_calls_by_another_name_is_said_so()
    {
        using var host = Node();
        host.OnHost("other");
        Assert.Equal(0, host.Call("lsf-pre", Tiny).Code);
        Assert.Empty(host.Calls);
        Assert.Equal(("failed", "host-unknown", "78"), (Field(host, "state"), Field(host, "code"), Field(host, "exit")));
    }

    [Fact]
    public void A_queue_with_an_environment_of_its_own_asks_for_its_jobs_where_no_profile_does()
    {
        using var host = Node(settings: "queues short hpc");
        host.Call("lsf-pre", ["-"]);
        Assert.EndsWith(".why", Assert.Single(host.Calls), StringComparison.Ordinal);
        Assert.Equal((0, 0), host.Count("lsf-pre", ("PISAHPC_ENVIRONMENT", "docker-tiny")));
    }

    [Fact]
    public void The_program_is_told_what_LSF_sets_and_nothing_of_the_users()
    {
        using var host = Node("env | sort >\"${0%/*}/told\"; ps -o sid= -p $$ >>\"${0%/*}/told\"");
        host.Call("lsf-pre", Tiny, ("OPENSSL_CONF", "/home/mallory/x"), ("DOCKER_HOST", "tcp://elsewhere"), ("LSB_JOBINDEX", "4"));
        var told = File.ReadAllText(host.PathOf("told"));
        Assert.NotEqual(SessionOf(Environment.ProcessId), told.TrimEnd('\n').Split('\n')[^1].Trim());
        Assert.Contains("LSB_JOBINDEX=4\n", told, StringComparison.Ordinal);
        Assert.Contains("LSB_MCPU_HOSTS=n01 2 n02 1\n", told, StringComparison.Ordinal);
        Assert.DoesNotContain("mallory", told, StringComparison.Ordinal);
        Assert.DoesNotContain("DOCKER_HOST", told, StringComparison.Ordinal);
        Assert.Equal("started", Field(host, "state", "7.4"));
    }

    /// <summary>The first line alone keeps the functions out of a shell that heeds it, and what follows out of one that does not.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(" -p")]
    public void Where_sh_is_bash_nothing_of_the_users_functions_runs_as_root(string options)
    {
        using var host = Node();
        (string, string?)[] functions =
        [
            .. new[] { "read", "[", "exec", "trap", ".", "set", "umask", "printf", "mkdir", "date", "this_job", "own_environment", "wait" }
                .Select(name => ($"BASH_FUNC_{name}%%", (string?)$"() {{ echo {name} >>{host.PathOf("ran")}; command {name} \"$@\"; }}")),
        ];
        host.WithBash("lsf-pre", options);
        host.WithBash("lsf-post", options);
        Assert.Equal(0, host.Call("lsf-pre", Tiny, functions).Code);
        Assert.Equal("started", Field(host, "state"));
        Assert.Equal(0, host.Call("lsf-post", Tiny, functions).Code);
        Assert.Equal(("", 2), (host.Record("7.0"), host.Calls.Count));
        Assert.False(File.Exists(host.PathOf("ran")), "A function ran.");
    }

    [Fact]
    public void Where_the_record_cannot_be_written_nothing_is_started_and_LSF_tries_again()
    {
        using var host = Node();
        Directory.CreateDirectory(host.PathOf("run/.lsf/7.0.new"));
        Assert.Equal(1, host.Call("lsf-pre", Tiny).Code);
        Assert.Empty(host.Calls);
    }

    [Theory]
    [InlineData("exit 78", "hook-failed")]
    [InlineData("exit 1", "hook-failed")]
    [InlineData("echo 'image-missing n02 No image pisa/x.' >\"$7\"; exit 78", "image-missing")]
    public void What_lasts_is_written_down_for_the_user_and_LSF_goes_on_to_his_command(string hook, string code)
    {
        using var host = Node(hook);
        Assert.Equal((0, "", ""), host.Call("lsf-pre", Tiny));
        Assert.Equal(("failed", code, "78"), (Field(host, "state"), Field(host, "code"), Field(host, "exit")));
    }

    [Fact]
    public void What_may_pass_is_tried_again_by_LSF_and_the_third_time_told_to_the_user()
    {
        using var host = Node("[ \"$1\" = stop ] || exit 75");
        foreach (var (code, run) in new[] { (1, 0), (1, 1), (0, 2), (1, 3) })
        {
            var stamp = ("LSF_JOB_TIMESTAMP_VALUE", (string?)$"17644300{run}0");
            Assert.Equal(code, host.Call("lsf-pre", Tiny, stamp).Code);
            Assert.Equal(("failed", "75"), (Field(host, "state"), Field(host, "exit")));
            Assert.Equal(0, host.Call("lsf-post", Tiny, stamp, ("LSB_JOBPEND", "")).Code);
            Assert.Equal("", host.Record("7.0"));
        }
    }

    [Fact]
    public void A_try_that_works_ends_the_count()
    {
        using var host = Node("exit 75");
        Assert.Equal(1, host.Call("lsf-pre", Tiny).Code);
        host.Stand("pisahpc-hook", "exit 0");
        Assert.Equal(0, host.Call("lsf-pre", Tiny).Code);
        Assert.Equal("", host.Record("7.0.tries"));
    }

    [Theory]
    [InlineData("LSB_RESTART", "Y")]
    [InlineData("LSF_JOB_TIMESTAMP_VALUE", "1764430500")]
    public void What_an_earlier_run_left_is_taken_off_before_the_start(string name, string value)
    {
        using var host = Node();
        if (name != "LSB_RESTART")
        {
            host.Call("lsf-pre", Tiny);
        }

        host.Call("lsf-pre", Tiny, (name, value));
        Assert.Equal("pisahpc-hook stop -Site /etc/pisahpc/site.yaml -GraceSec 0 -DeadlineSec 7", host.Calls[^2]);
        Assert.Equal("started", Field(host, "state"));
    }

    [Theory]
    [InlineData("tiny;id")]
    [InlineData("-Site")]
    [InlineData("../x")]
    public void A_name_that_is_none_of_an_environment_reaches_no_program(string name)
    {
        using var host = Node();
        Assert.Equal((0, "", ""), host.Call("lsf-pre", [name]));
        Assert.Empty(host.Calls);
        Assert.Equal("environment-invalid", Field(host, "code"));
    }

    [Theory]
    [InlineData("LSB_JOBID", "")]
    [InlineData("LSB_JOBID", "7/../8")]
    [InlineData("LSB_JOBINDEX", "1.5")]
    public void An_environment_that_is_not_LSFs_starts_nothing(string name, string value)
    {
        using var host = Node();
        Assert.Equal(0, host.Call("lsf-pre", Tiny, (name, value)).Code);
        Assert.Empty(host.Calls);
    }

    [Fact]
    public void A_program_that_hangs_is_ended_in_a_time_of_the_hooks_own_and_may_pass()
    {
        using var host = Node("trap '' TERM; while :; do sleep 0.2; done", deadline: 1);
        host.TakesBackInNoTime();
        var since = Stopwatch.StartNew();
        Assert.Equal(1, host.Call("lsf-pre", Tiny).Code);
        Assert.InRange(since.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15));
        Assert.Equal(("failed", "too-slow", "75"), (Field(host, "state"), Field(host, "code"), Field(host, "exit")));
    }

    [Fact]
    public void Without_its_files_it_lets_jobs_through()
    {
        using var host = Node();
        File.Delete(host.PathOf("lsf-settings"));
        Assert.Equal((0, 0), host.Count("lsf-pre"));
        Assert.Equal((0, 0), host.Count("lsf-post"));
        File.Delete(host.PathOf("hook.sh"));
        Assert.Equal(0, host.Call("lsf-pre", Tiny).Code);
        Assert.Equal(0, host.Call("lsf-post", Tiny).Code);
    }

    internal static HookDirectory Node(string hook = "exit 0", string settings = "", int deadline = 20) =>
        new(hook, settings, deadline, "lsf");

    /// <summary>The session of a process: the sixth field of proc_pid_stat(5).</summary>
    private static string SessionOf(int process) => File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ')[3];

    private static string Field(HookDirectory host, string name, string run = "7.0") => host.Field(name, run);
}
