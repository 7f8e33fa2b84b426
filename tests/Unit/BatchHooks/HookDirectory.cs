using System.Diagnostics;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.BatchHooks;

/// <summary>The hooks of a node in a directory of a test's own, with a stand-in for the program that they call.</summary>
internal sealed class HookDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-hooks-");
    private readonly string _system;
    private readonly IReadOnlyDictionary<string, string> _job;

    /// <summary>What slurmd sets for a job on the first of its nodes.</summary>
    private static readonly Dictionary<string, string> SlurmJob = new()
    {
        ["SLURM_JOB_ID"] = "7",
        ["SLURM_JOB_RESTART_COUNT"] = "0",
        ["SLURM_JOB_GID"] = OfProcess("-g"),
        ["SLURMD_NODENAME"] = "n01",
        ["SLURM_NODELIST"] = "n[01-03]",
        ["SLURM_JOB_PARTITION"] = "hpc",
    };

    /// <summary>What LSF sets for a job.</summary>
    private static readonly Dictionary<string, string> LsfJob = new()
    {
        ["LSB_JOBID"] = "7",
        ["LSB_JOBINDEX"] = "0",
        ["LSF_JOB_TIMESTAMP_VALUE"] = "1764430000",
        ["LSB_MCPU_HOSTS"] = "n01 2 n02 1",
        ["LSB_QUEUE"] = "hpc",
        ["LSFUSER"] = OfProcess("-un"),
    };

    /// <summary>What sudo says of daemon, whom every system has (Linux Standard Base, "User and group names").</summary>
    private static readonly Dictionary<string, string> HTCondorJob = new() { ["SUDO_UID"] = "1" };

    /// <param name="hook">The body of the stand-in for pisahpc-hook, in which $args is a file that has its arguments.</param>
    /// <param name="settings">More lines of the settings.</param>
    /// <param name="system">The batch system, as the folder of its hooks is called.</param>
    public HookDirectory(string hook = "exit 0", string settings = "", int deadline = 20, string system = "slurm")
    {
        (_system, _job) = (system, system switch { "slurm" => SlurmJob, "lsf" => LsfJob, _ => HTCondorJob });
        foreach (var file in Directory.EnumerateFiles(Checkout.PathOf("hooks", system)).Append(Checkout.PathOf("hooks", "hook.sh")))
        {
            var text = File.ReadAllText(file).Replace("/usr/lib/pisahpc", Root, StringComparison.Ordinal)
                .Replace("/sys/class", PathOf("class"), StringComparison.Ordinal)
                .Replace("/proc/sys/kernel/hostname", PathOf("hostname"), StringComparison.Ordinal)
                .Replace("\"$real\" = 0", $"\"$real\" = {OfProcess("-u")}", StringComparison.Ordinal)
                .Replace("own_limits ||", OfProcess("-u") == "0" ? "own_limits ||" : "true ||", StringComparison.Ordinal)
                .Replace("gid=0 reach", $"gid={OfProcess("-g")} reach", StringComparison.Ordinal);
            ProgramFile.Write(PathOf(Path.GetFileName(file)), text);
        }

        Stand("pisahpc-hook", hook);
        OnHost("n01");
        File.WriteAllText(
            PathOf($"{system}-settings"), $"# by hand\nsite /etc/pisahpc/site.yaml\nrun {Run}\ndeadline {deadline}\n{settings}\n");
    }

    /// <summary>The directory.</summary>
    public string Root => _directory.FullName;

    /// <summary>The user id of the test, who owns it.</summary>
    public string Owner { get; } = OfProcess("-u");

    /// <summary>The directory for jobs' files.</summary>
    public string Run => PathOf("run");

    /// <summary>What a stand-in was called with, a line for each call.</summary>
    public IReadOnlyList<string> Calls => File.Exists(PathOf("calls")) ? File.ReadAllLines(PathOf("calls")) : [];

    /// <summary>A path below it.</summary>
    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Names the host that it is.</summary>
    public void OnHost(string name) => File.WriteAllText(PathOf("hostname"), name + "\n");

    /// <summary>Makes the time short that a start may take to take back what it started.</summary>
    public void TakesBackInNoTime()
    {
        var file = PathOf("hook.sh");
        File.WriteAllText(file, File.ReadAllText(file).Replace("take_back=20", "take_back=1", StringComparison.Ordinal));
    }

    /// <summary>Makes a hook one of a node where sh is bash.</summary>
    /// <param name="options">What its first line gives sh.</param>
    public void WithBash(string hook, string options)
    {
        if (!File.Exists(PathOf("sh")))
        {
            File.CreateSymbolicLink(PathOf("sh"), "/bin/bash");
        }

        var text = File.ReadAllText(PathOf(hook));
        ProgramFile.Write(PathOf(hook), $"#!{PathOf("sh")}{options}{text[text.IndexOf('\n', StringComparison.Ordinal)..]}");
    }

    /// <summary>Puts a stand-in for a program.</summary>
    public void Stand(string program, string body) => ProgramFile.Write(
        PathOf(program), $"#!/bin/sh\nprintf '%s %s\\n' {program} \"$*\" >>{PathOf("calls")}\n{body}\n");

    /// <summary>The record of a run.</summary>
    public string Record(string run) =>
        File.Exists(PathOf($"run/.{_system}/{run}")) ? File.ReadAllText(PathOf($"run/.{_system}/{run}")) : "";

    /// <summary>A line of the record of a run.</summary>
    public string Field(string name, string run = "7.0") =>
        Record(run).Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";

    /// <summary>The mode of a file, in octal digits.</summary>
    public string ModeOf(string name) => Execute(["stat", "-c", "%a", PathOf(name)], []).Output.Trim();

    /// <summary>Runs one of the hooks with the environment that the batch system gives it.</summary>
    public (int Code, string Output, string Error) Call(string hook, string[] arguments, params (string Name, string? Value)[] variables) =>
        Execute([PathOf(hook), .. arguments], variables);

    /// <summary>Runs one of the hooks and counts the processes that it starts.</summary>
    public (int Code, int Processes) Count(string hook, params (string Name, string? Value)[] variables)
    {
        var log = PathOf("trace");
        var (code, _, error) = Execute(
            ["strace", "-f", "-qq", "-e", "trace=fork,vfork,clone,clone3,execve", "-o", log, PathOf(hook)], variables);
        Assert.True(File.Exists(log), $"strace did not run: {error}");
        return (code, File.ReadLines(log).Count(line => !line.Contains("execve(", StringComparison.Ordinal)));
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private (int Code, string Output, string Error) Execute(string[] command, (string Name, string? Value)[] variables)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        foreach (var (name, value) in _job.Select(pair => (pair.Key, (string?)pair.Value)).Concat(variables))
        {
            start.Environment[name] = value;
            if (value is null)
            {
                start.Environment.Remove(name);
            }
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>What id(1) says: chgrp gives a file to no group that the test itself is not in.</summary>
    private static string OfProcess(string option)
    {
        using var id = Process.Start(new ProcessStartInfo("id", [option]) { RedirectStandardOutput = true })!;
        return id.StandardOutput.ReadToEnd().Trim();
    }
}
