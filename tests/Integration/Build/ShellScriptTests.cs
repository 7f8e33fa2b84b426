using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Build;

/// <summary>shellcheck(1) over every shell script of the repository. What it must not say is switched off in the script, with the reason.</summary>
public sealed class ShellScriptTests
{
    /// <summary>The rooms with scripts for nodes.</summary>
    private static readonly string[] Rooms = ["src/PisaHpc", "src/PisaHpc.Adapters"];

    public static TheoryData<string> Scripts =>
    [
        .. Rooms.SelectMany(ScriptsOf), .. ScriptsOf("lab"), .. ScriptsOf("bench"), ".ci/run", "build.sh", "src/PisaHpc.Host/pisahpc",
        "hooks/hook.sh", "hooks/slurm/slurm-prolog", "hooks/slurm/slurm-epilog", "hooks/slurm/slurm-job",
        "hooks/htcondor/htcondor-prepare", "hooks/htcondor/htcondor-exit", "hooks/htcondor/htcondor-enter", "hooks/htcondor/htcondor-root",
        "hooks/htcondor/htcondor-hook.sh", "hooks/htcondor/htcondor-run.sh", "hooks/htcondor/htcondor-job.sh",
        "hooks/lsf/lsf-pre", "hooks/lsf/lsf-post", "hooks/lsf/lsf-job", "hooks/lsf/lsf-hook.sh", "hooks/lsf/esub.docker",
    ];

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Shellcheck_has_nothing_to_say(string script)
    {
        var folder = RoomOf(script) ?? Path.GetDirectoryName(script)!;
        var result = await RunningProcess.RunAsync(
            "shellcheck",
            [
                "--severity=style", "--external-sources", $"--source-path={Path.Combine(Repository.Root, folder)}",
                Path.Combine(Repository.Root, script),
            ]);
        Assert.Equal("", result.EndedWith(0).Output);
    }

    [Theory]
    [InlineData("src/PisaHpc", "Devices/ib-devices.sh")]
    [InlineData("src/PisaHpc.Adapters", "Ssh/run-command.sh")]
    [InlineData("lab", "lib/node.sh")]
    [InlineData("bench", "distribution.sh")]
    public void The_scripts_of_each_place_are_found(string folder, string one) => Assert.Contains($"{folder}/{one}", ScriptsOf(folder));

    [Fact]
    public void Those_for_nodes_are_for_any_POSIX_shell() => Assert.All(
        Rooms.SelectMany(ScriptsOf),
        script => Assert.Matches("^# shellcheck shell=sh( disable=.+ # .+)?\n", File.ReadAllText(Path.Combine(Repository.Root, script))));

    /// <summary>
    /// A script with pipefail fails now and then where its pipe's reader ends first: the writer gets SIGPIPE, or the error EPIPE, when
    /// it happens to be later.
    /// </summary>
    [Fact]
    public void Those_that_mind_a_failed_pipe_read_it_to_its_end() => Assert.All(
        ScriptsOf("lab").Concat([.. ScriptsOf("bench"), ".ci/run", "build.sh"]),
        script => Assert.DoesNotMatch(@"\|\s*(head|grep\s+-\w*[qm]|sed\s+\S*q\b)", File.ReadAllText(Path.Combine(Repository.Root, script))));

    private static string? RoomOf(string script) => Rooms.FirstOrDefault(room => script.StartsWith(room + "/", StringComparison.Ordinal));

    private static IEnumerable<string> ScriptsOf(string folder) =>
        from path in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.sh", SearchOption.AllDirectories)
        let script = Path.GetRelativePath(Repository.Root, path)
        where !script.Contains("/obj/", StringComparison.Ordinal) && !script.Contains("/bin/", StringComparison.Ordinal)
        orderby script
        select script;
}
