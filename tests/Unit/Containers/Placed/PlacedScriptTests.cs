using System.Runtime.Versioning;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Containers.Placed;

/// <summary>
/// What users of a container may try on root, who ends a job that is placed there: by the module's scripts and real processes of users, as
/// root alone can have them.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class PlacedScriptTests
{
    private const StringComparison Exactly = StringComparison.Ordinal;

    [RootFact]
    public void A_job_is_written_down_first_found_by_that_and_forgotten_last()
    {
        using var node = new PlacedNode();
        Assert.Equal("end\n", node.List());
        Assert.Equal((0, "", ""), node.Claim("42", labels: """{"Image":"i"}"""));
        Assert.Matches($$"""\A42 [0-9]+ [0-9]+ {{PlacedNode.Container}} 1879070200 {{node.Run}}/\.static/cs7/42 pending no\n\{"Image":"i"\}\nend\n\z""", node.List());
        Assert.Equal(70, node.Claim("42").Code);
        Assert.Equal(71, node.Confirm("42").Code);
        var agent = node.User(PlacedNode.Mark, "echo ready; exec sleep 1000");
        Assert.StartsWith($"{agent.Id} ", node.Confirm("42").Output, Exactly);
        Assert.Contains(" alive yes\n", node.List(), Exactly);
        Assert.Equal((0, $"{node.Run}/.static/cs7/42\n", ""), node.End("42"));
        Assert.True(PlacedNode.Ends(agent));

        // Who was killed here is followed by one who ends it.
        Assert.Contains(" gone no\n", node.List(), Exactly);
        Assert.Equal(0, node.End("42", forget: true).Code);
        Assert.Equal("end\n", node.List());
        Assert.Equal((0, "", ""), node.End("42", forget: true));
    }

    [RootFact]
    public void Nothing_of_a_job_escapes_its_end()
    {
        using var node = new PlacedNode();
        node.Claim("42");
        var left = node.User(
            PlacedNode.Mark,
            "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$ >&2; kill -STOP $$; sleep 1000' & "
            + "(setsid env -i sleep 1001 & echo $! >&2); sleep 0.2; echo ready; wait");
        string[] escaped = [left.StandardError.ReadLine()!, left.StandardError.ReadLine()!];
        Assert.All(escaped, id => Assert.True(PlacedNode.Runs(id)));
        Assert.Equal(0, node.End("42", grace: 1).Code);
        Assert.True(PlacedNode.Ends(left));
        Assert.All(escaped, id => Assert.False(PlacedNode.Runs(id)));
    }

    /// <summary>Whoever looks at one process after the other sees nothing of it but what has gone.</summary>
    [RootTheory]
    [MemberData(nameof(FreezableGroup.Versions), MemberType = typeof(FreezableGroup))]
    public void A_process_that_always_begins_another_and_ends_is_ended_among_frozen_ones(int version)
    {
        using var node = new PlacedNode();
        using var group = new FreezableGroup(version);
        node.Claim("42", group.Mark, group.Name);
        group.Run("$| = 1; print qq(ready\\n); while (1) { exit 0 if fork; }");
        Assert.Equal((0, $"{node.Run}/.static/cs7/42\n", ""), node.End("42", forget: true));

        // The first process, which is root's, and what it waits for.
        Assert.True(SpinWait.SpinUntil(() => group.Members == 2, TimeSpan.FromSeconds(10)));
        Assert.False(group.IsFrozen);
    }

    [RootTheory]
    [MemberData(nameof(FreezableGroup.Versions), MemberType = typeof(FreezableGroup))]
    public void What_a_killed_stop_left_frozen_goes_on_with_the_next_look(int version)
    {
        using var node = new PlacedNode();
        using var group = new FreezableGroup(version);
        node.Claim("42", group.Mark, group.Name);
        group.Freeze();
        File.WriteAllText(Path.Combine(node.Records, ".frozen"), $"{group.ThawWord} {group.StateFile}\n");
        Assert.EndsWith("end\n", node.List(), Exactly);
        Assert.False(group.IsFrozen);
    }

    [RootFact]
    public void A_process_without_its_first_thread_ends_too()
    {
        using var node = new PlacedNode();
        node.Claim("42");
        var headless = node.User(
            PlacedNode.Mark,
            """
            exec python3 -c '
            import ctypes, threading, time
            threading.Thread(target=lambda: (time.sleep(0.2), print("ready", flush=True), time.sleep(1000))).start()
            ctypes.CDLL(None).pthread_exit(0)'
            """);
        Assert.Contains("State:\tZ", File.ReadAllText($"/proc/{headless.Id}/status"), Exactly);
        Assert.Equal(0, node.End("42").Code);
        Assert.True(PlacedNode.Ends(headless));
    }

    [RootFact]
    public void A_process_that_only_says_that_it_is_a_jobs_is_neither_found_nor_ended_nor_waited_for()
    {
        using var node = new PlacedNode();
        node.Claim("42");
        var forged = node.User(
            "5001",
            $"echo ready; exec sh -c 'trap \"\" TERM; while :; do sleep 1; done' serve {node.Run}/.static/cs7/42/agent/socket "
            + $"--label pisahpc.job=42 write:{node.Run}/.static/cs7/42");
        var other = node.User("1879070201", "echo ready; exec sleep 1000");
        Assert.Equal(71, node.Confirm("42").Code);
        Assert.Contains(" pending no\n", node.List(), Exactly);
        Assert.Equal(0, node.End("42", forget: true).Code);
        var removal = NodeScript.Of("Access/Ssh/job-directory-remove.sh").Command($"{node.Run}/.static/cs7/42");
        using var shell = System.Diagnostics.Process.Start(removal[0], removal.Skip(1));
        Assert.True(PlacedNode.Ends(shell));
        Assert.Equal(0, shell.ExitCode);
        Assert.False(forged.HasExited || other.HasExited);
    }

    [RootFact]
    public void A_process_of_another_container_is_not_the_jobs_whatever_groups_it_has()
    {
        using var node = new PlacedNode();
        node.Claim("42", container: new string('a', 64));
        var elsewhere = node.User(PlacedNode.Mark, "echo ready; exec sleep 1000");
        Assert.Equal(0, node.End("42", grace: 1, forget: true).Code);
        Assert.False(elsewhere.HasExited);
        Assert.Equal(70, node.Claim("43").Code);
    }

    [RootFact]
    public void Another_owners_job_another_run_and_another_job_of_the_port_are_left()
    {
        using var node = new PlacedNode();
        node.Claim("42");
        var inode = node.List().Split(' ')[1];
        Assert.Equal(77, node.End("42", owner: "mail").Code);
        Assert.Equal(70, node.End("42", identity: inode + "1").Code);
        var (code, _, error) = node.Claim("43");
        Assert.Equal((76, "job 42 has its port, and is placed here still\n"), (code, error));
        Assert.Equal(0, node.End("42", owner: "daemon", identity: inode, forget: true).Code);
        Assert.Equal(0, node.Claim("43").Code);
    }

    [RootFact]
    public void Whoever_drains_a_container_lets_no_job_in()
    {
        using var node = new PlacedNode();
        var held = Path.Combine(node.Static, ".sync");
        using var holder = System.Diagnostics.Process.Start("flock", [held, "sh", "-c", $"echo bob@head2 >{held}; exec sleep 1000"]);
        while (!File.Exists(held) || new FileInfo(held).Length == 0)
        {
            Thread.Yield();
        }

        var (code, _, error) = node.Claim("42");
        holder.Kill(entireProcessTree: true);
        Assert.Equal((75, "its container is being drained or replaced by bob@head2\n"), (code, error));
        Assert.False(File.Exists(Path.Combine(node.Records, "42")));
    }

    [RootTheory]
    [InlineData("aa 1 /d daemon")]
    [InlineData("$(touch x) 1 /d daemon\n{}")]
    [InlineData("aa 1x /d daemon\n{}")]
    [InlineData("aa 1 /d daemon\n{}\n1;kill 1")]
    public void A_line_that_is_cut_or_none_of_ours_ends_nothing(string text)
    {
        using var node = new PlacedNode();
        node.Claim("42");
        File.WriteAllText(Path.Combine(node.Records, "42"), text);
        Assert.Equal(70, node.End("42").Code);
        Assert.Equal("end\n", node.List());
    }

    [Theory]
    [InlineData("Port 40123\n", "it does not see /nonesuch")]
    [InlineData("Port 40124\n", "is another run's, of port 40124")]
    [InlineData(null, "is another run's, of port none")]
    public void A_start_that_comes_late_joins_no_later_run(string? configuration, string said)
    {
        var directory = Directory.CreateTempSubdirectory("pisahpc-placed-");
        directory.CreateSubdirectory("agent");
        if (configuration is not null)
        {
            File.WriteAllText(Path.Combine(directory.FullName, "sshd_config"), $"# ours\n{configuration}HostKey x\n");
        }

        var (code, _, error) = PlacedNode.Script("place-agent", "", directory.FullName, "40123", "/nonesuch");
        directory.Delete(recursive: true);
        Assert.Equal(78, code);
        Assert.Contains(said, error, Exactly);
    }

    [RootFact]
    public void Records_that_others_could_have_written_are_not_believed()
    {
        using var node = new PlacedNode();
        node.Claim("42");
        File.SetUnixFileMode(node.Records, (UnixFileMode)0b111_111_111);
        Assert.Equal(70, node.End("42").Code);
        Assert.Equal(70, node.Claim("43").Code);
    }
}
