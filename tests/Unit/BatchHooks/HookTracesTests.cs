namespace PisaHpc.Unit.BatchHooks;

/// <summary>The directory by which an admin has the hooks of a node leave traces: as long as it is there, and without a process more.</summary>
public sealed class HookTracesTests
{
    private static readonly (string, string?) Asks = ("SLURM_JOB_COMMENT", "docker-tiny");

    [Fact]
    public void Where_the_directory_is_a_start_and_a_stop_of_Slurm_leave_theirs_in_it()
    {
        using var node = new HookDirectory();
        Directory.CreateDirectory(Path.Combine(node.Run, ".traces"));
        node.Call("slurm-prolog", [], Asks);
        node.Call("slurm-epilog", []);
        Assert.Equal(
            [$"-TraceFile {node.Run}/.traces/7.0-start.json -On n01", $"-TraceFile {node.Run}/.traces/7.0-stop.json -On n01"],
            node.Calls.Select(call => call[Math.Max(0, call.IndexOf("-TraceFile", StringComparison.Ordinal))..]));
    }

    [Fact]
    public void Those_of_LSF_do_so_too()
    {
        using var host = Lsf.LsfPreTests.Node();
        Directory.CreateDirectory(Path.Combine(host.Run, ".traces"));
        host.Call("lsf-pre", ["tiny"]);
        host.Call("lsf-post", ["tiny"]);
        Assert.Equal(
            [$"{host.Run}/.traces/7.0-start.json", $"{host.Run}/.traces/7.0-stop.json"],
            host.Calls.Where(call => call.Contains("-TraceFile", StringComparison.Ordinal)).Select(call => call.Split("-TraceFile ")[1]));
    }

    [Fact]
    public void Where_it_is_not_none_is_asked_for()
    {
        using var node = new HookDirectory();
        node.Call("slurm-prolog", [], Asks);
        node.Call("slurm-epilog", []);
        Assert.Equal(2, node.Calls.Count);
        Assert.DoesNotContain(node.Calls, call => call.Contains("-TraceFile", StringComparison.Ordinal));
    }
}
