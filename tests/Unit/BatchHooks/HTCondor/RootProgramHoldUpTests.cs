using System.Diagnostics;

namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>How a user, or a node, may hold up hooks/htcondor/htcondor-root, and that a run is taken off all the same.</summary>
public sealed class RootProgramHoldUpTests
{
    private const string Lock = "lock.7.0.sched01_head";
    private const StringComparison Exactly = StringComparison.Ordinal;

    [Fact]
    public void It_has_a_session_of_its_own_which_no_terminal_stops()
    {
        using var node = new StarterDirectory("cut -d ' ' -f 6 /proc/$PPID/stat >\"${0%/*}/session\"");
        var (_, output, _) = node.Start("cut -d \" \" -f 6 /proc/$$/stat; $root start");
        Assert.EndsWith("ok n01\n", output, Exactly);
        Assert.NotEqual(output.Split('\n')[0], File.ReadAllText(node.Host.PathOf("session")).Trim());
    }

    [Fact]
    public void A_stop_that_holds_the_jobs_lock_and_is_stopped_is_ended_by_the_sweep()
    {
        using var node = new StarterDirectory();
        node.Host.TakesBackInNoTime();
        node.Start("$root start");
        using var holder = Process.Start(
            "flock", ["--no-fork", $"{Records(node)}/{Lock}", "/bin/sh", "-c", "echo >$1; kill -STOP $$", "", node.Host.PathOf("held")]);
        try
        {
            SpinWait.SpinUntil(() => File.Exists(node.Host.PathOf("held")), TimeSpan.FromSeconds(10));
            var began = File.ReadAllText($"/proc/{holder.Id}/stat").Split(") ")[^1].Split(' ')[19];
            var record = Directory.GetFiles(Records(node), "*.script").Single()[..^".script".Length];
            File.WriteAllText(record + ".stop", $"{holder.Id} {began}\n");
            Assert.Equal(0, node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null)).Code);
            Assert.True(holder.WaitForExit(TimeSpan.FromSeconds(10)), "It lives.");
            Assert.Equal(["start", "stop"], node.Calls.Select(call => call.Split(' ')[1]));
            Assert.Empty(node.Files);
        }
        finally
        {
            holder.Kill();
        }
    }

    [Fact]
    public void A_stop_that_waited_for_the_lock_leaves_the_newer_run_that_the_job_has_meanwhile()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start(
            $"$root start; exec 8>>{Records(node)}/{Lock}; flock 8; $root stop 8>&- & {RecordOf(node)}; "
            + "while [ ! -s $record.stop ]; do sleep 0.05; done; sleep 0.5; rm $record; exec 8>&-; wait");
        Assert.Equal("ok n01\nok n01\n", output);
        Assert.Equal("start", Assert.Single(node.Calls).Split(' ')[1]);
    }

    [Fact]
    public void Of_many_stops_one_is_at_it()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start(
            $"$root start; {RecordOf(node)}; exec 8>>$record.stop; flock 8; $root stop 8>&-; exec 8>&-; $root stop");
        Assert.Matches("\\Aok n01\n75 being-stopped n01 .*\nok n01\n\\z", output);
        Assert.Equal(["start", "stop"], node.Calls.Select(call => call.Split(' ')[1]));
    }

    [Fact]
    public void What_lasts_longer_than_any_start_may_is_ended()
    {
        using var node = new StarterDirectory("exec sleep 600");
        node.Edit("htcondor-root", "3 * (deadline + take_back)", "1");
        var watch = Stopwatch.StartNew();
        Assert.StartsWith("75 hook-failed n01 ", node.Start("$root start").Output, Exactly);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public void A_run_is_taken_off_where_nothing_can_be_written_down_of_its_end()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start($"$root start; {RecordOf(node)}; mkdir $record.over $record.stop; $root stop; rmdir $record.*");
        Assert.Equal("ok n01\nok n01\n", output);
        Assert.Equal(["start", "stop"], node.Calls.Select(call => call.Split(' ')[1]));
    }

    [Fact]
    public void A_lock_that_cannot_be_made_is_said()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start($"$root start; cd {Records(node)}; rm {Lock}; mkdir {Lock}; $root stop");
        Assert.Matches("\\Aok n01\n75 not-stopped n01 .*\n\\z", output);
    }

    private static string Records(StarterDirectory node) => $"{node.Host.Run}/.htcondor";

    private static string RecordOf(StarterDirectory node) =>
        $"for record in {Records(node)}/*.script; do record=${{record%.script}}; done";
}
