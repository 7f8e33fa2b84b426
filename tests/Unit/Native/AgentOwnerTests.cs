using System.Diagnostics;
using System.Runtime.Versioning;

namespace PisaHpc.Unit.Native;

/// <summary>An agent that root starts in a container of many users: it becomes its job's user, and none of its programs gets out of that.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentOwnerTests : IDisposable
{
    // Not the mark of other tests, which end what has it.
    private const string Groups = "1:1:5,1879070900";

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("pisahpc-agent-");

    public void Dispose() => _home.Delete(recursive: true);

    [RootFact]
    public void It_has_the_groups_that_it_is_told_and_nothing_of_it_loses_them()
    {
        Own();
        const string Line = "id -u; id -G; sed -n 's/^NoNewPrivs:.//p' /proc/self/status; "
            + "setpriv --clear-groups true && echo shed; unshare -Ur setpriv --clear-groups true && echo shed; "
            + "su -s /bin/sh -c 'echo shed' daemon </dev/null; unshare -Ur sed -n 's/^Groups:.//p' /proc/self/status; true";
        Assert.Equal(0, Serve(Groups, Line));
        var said = File.ReadAllLines(Log);
        Assert.Equal(["1", "1 5 1879070900", "1"], said.Take(3));
        Assert.DoesNotContain("shed", said);
    }

    [RootTheory]
    [InlineData("0:1")]
    [InlineData("1")]
    [InlineData("1:1:")]
    [InlineData("1:1:5,x")]
    [InlineData("1:4294967295")]
    public void It_becomes_neither_root_nor_nobody_knows_whom(string user)
    {
        Own();
        Assert.Equal(64, Serve(user, "true"));
        Assert.False(File.Exists(Log));
    }

    [RootFact]
    public void Its_log_is_no_link_of_its_users()
    {
        Own();
        var target = Path.Combine(_home.FullName, "target");
        File.CreateSymbolicLink(Log, target);
        Assert.Equal(73, Serve(Groups, "true"));
        Assert.False(File.Exists(target));
    }

    /// <summary>The end of a program that lost its parent has it look; without one it looks once a minute.</summary>
    [RootFact]
    public void Of_a_log_that_grows_the_end_is_kept()
    {
        Own();
        const string Line = "seq 300000; (sleep 0.1 &); until [ $(stat -c %s \"$0\") -lt 1000000 ]; do sleep 0.05; done; echo last";
        Assert.Equal(0, Serve(Groups, Line));
        var lines = File.ReadAllLines(Log);
        Assert.Equal(["299999", "300000", "last"], lines.TakeLast(3));
        Assert.InRange(lines.Length, 9000, 10000);
        Assert.Equal(6, lines[0].Length);
    }

    private string Log => Path.Combine(_home.FullName, "agent.log");

    private void Own()
    {
        using var chown = Process.Start("chown", ["1:1", _home.FullName]);
        Assert.True(chown.WaitForExit(TimeSpan.FromSeconds(10)));
    }

    private int Serve(string user, string line)
    {
        using var agent = Process.Start(new ProcessStartInfo(
            ServedAgent.Program, ["serve", Path.Combine(_home.FullName, "socket"), "--user", user, "--log", Log, "--", "sh", "-c", line, Log])
        {
            RedirectStandardError = true,
        })!;
        var error = agent.StandardError.ReadToEnd();
        Assert.True(agent.WaitForExit(TimeSpan.FromSeconds(30)), error);
        return agent.ExitCode;
    }
}
