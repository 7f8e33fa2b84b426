namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>A node with HTCondor's hooks, a condor_starter that is a shell, and a startd that says what the test has it say.</summary>
internal sealed class StarterDirectory : IDisposable
{
    /// <summary>What a startd says of a slot, behind the starter's id.</summary>
    public const string Slot = "slot1_1@n01 7.0 sched01@head daemon@site 4 2048 5 undefined daemon 1 tiny";

    /// <param name="hook">The body of the stand-in for pisahpc-hook.</param>
    /// <param name="said">What the startd says; <c>$pid</c> is the starter that it is asked for.</param>
    public StarterDirectory(string hook = "exit 0", string said = "$pid " + Slot)
    {
        Host = new HookDirectory(hook, system: "htcondor");
        File.AppendAllText(
            Host.PathOf("htcondor-settings"),
            $"bin {Host.Root}\nstarter {Path.GetFullPath(Host.PathOf("condor_starter"))}\naddress {Host.PathOf("startd_address")}\n"
            + $"account {Host.Owner}\n");
        Edit("htcondor-job.sh", "getconf _NPROCESSORS_ONLN", "echo 64");
        File.WriteAllText(Host.PathOf("startd_address"), "<127.0.0.1:9618?sock=startd>\n$CondorVersion: 25.0 $\n");
        File.Copy(File.ResolveLinkTarget("/bin/sh", returnFinalTarget: true)?.FullName ?? "/bin/sh", Host.PathOf("condor_starter"));
        Directory.CreateDirectory(Host.PathOf("scratch/execute"));
        Say(said);
    }

    /// <summary>The hooks.</summary>
    public HookDirectory Host { get; }

    /// <summary>What has been called of pisahpc-hook.</summary>
    public IReadOnlyList<string> Calls => [.. Host.Calls.Where(call => !call.StartsWith("condor_status", StringComparison.Ordinal))];

    /// <summary>The files of runs.</summary>
    public IReadOnlyList<string> Files => Directory.Exists(Host.PathOf("run/.htcondor"))
        ? [.. Directory.EnumerateFiles(Host.PathOf("run/.htcondor")).Select(path => Path.GetFileName(path)!)]
        : [];

    /// <summary>Has the startd say something else.</summary>
    public void Say(string said) => Host.Stand(
        "condor_status", $"pid=${{4#*=?= }}\npid=${{pid%% *}}\nprintf '%b\\n' \"{said.Replace("\n", "\\n", StringComparison.Ordinal)}\"");

    /// <summary>Makes one of the hooks say something else.</summary>
    public void Edit(string hook, string before, string after)
    {
        var text = File.ReadAllText(Host.PathOf(hook));
        Assert.Contains(before, text, StringComparison.Ordinal);
        File.WriteAllText(Host.PathOf(hook), text.Replace(before, after, StringComparison.Ordinal));
    }

    /// <summary>Has a starter run lines of the shell, in which $root is root's program; prints what they print.</summary>
    public (int Code, string Output, string Error) Start(string lines, params (string Name, string? Value)[] variables)
    {
        ProgramFile.Write(
            Host.PathOf("startd"),
            $"#!/bin/sh\nexec {Host.PathOf("condor_starter")} -c 'mkdir $_CONDOR_EXECUTE/dir_$$; chown 1 $_CONDOR_EXECUTE/dir_$$; "
            + $"root={Host.PathOf("htcondor-root")}; {lines}; true' starter -a slot1_1 head\n");
        return Host.Call("startd", [], [("_CONDOR_EXECUTE", Host.PathOf("scratch/execute")), .. variables]);
    }

    /// <summary>Makes one of the hooks read an ad on standard input, without a process of its own.</summary>
    /// <param name="hook">Its file.</param>
    /// <returns>The file to call.</returns>
    public string Reading(string hook, string ad)
    {
        File.WriteAllText(Host.PathOf("ad"), ad);
        ProgramFile.Write(Host.PathOf("reading"), $"#!/bin/sh\nexec {Host.PathOf(hook)} \"$@\" <{Host.PathOf("ad")}\n");
        return "reading";
    }

    public void Dispose() => Host.Dispose();
}
