using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>What a user's programs meet in a job's container, beside what they would meet on the node.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class ProgramInJobTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    /// <summary>Says which job it is of, before it goes into the container.</summary>
    private const string First = "sh -c 'echo of job $SLURM_JOB_ID >&2; exec /usr/lib/pisahpc/slurm-job \"$@\"' sh";

    private static readonly string[] BothNodes = ["--nodelist=o2wn01,o2wn02", "--ntasks=2"];

    private string Home => Path.Combine(slurm.Lab.State.Shared, "home", "hpcuser");

    /// <summary>Each ends in another way. The yardstick is the same array on the nodes.</summary>
    [Fact]
    public async Task Twenty_elements_of_an_array_four_at_a_time_end_as_on_the_node_and_each_sees_its_own_directory_alone()
    {
        const string Ends = """
            #!/bin/sh
            ls /run/pisahpc >"seen.$SLURM_JOB_ID"
            case $SLURM_ARRAY_TASK_ID in
                1) exit 1 ;; 2) exit 2 ;; 3) exit 126 ;; 4) exit 127 ;; 5) exit 255 ;;
                6) kill -KILL $$ ;; 7) kill -TERM $$ ;; 8) kill -SEGV $$ ;; 9) kill -ABRT $$ ;;
            esac
            """;
        var bare = await HookedJob.SubmitAsync(slurm, Ends, "--comment=docker-none", "--array=1-9", "--output=/dev/null");
        var array = await HookedJob.SubmitAsync(slurm, Ends, "--comment=docker-tiny", "--array=1-20%4", "--output=/dev/null");
        await bare.EndAsync();
        await array.EndAsync();

        var elements = await ElementsAsync(array);
        Assert.Equal(20, elements.Count);
        var yardstick = await ElementsAsync(bare);
        Assert.Equal(9, yardstick.Count);
        Assert.Equal(yardstick.Select(one => one.End), elements.Take(9).Select(one => one.End));
        Assert.Equal("1:0 2:0 126:0 127:0 255:0 0:9 0:15 0:11 0:6", string.Join(' ', yardstick.Select(one => one.End)));
        Assert.All(elements.Skip(9), one => Assert.Equal("0:0", one.End));
        foreach (var id in yardstick.Select(one => one.Id))
        {
            File.Delete(Path.Combine(Home, $"seen.{id}"));
        }

        foreach (var id in elements.Select(one => one.Id))
        {
            var seen = Path.Combine(Home, $"seen.{id}");
            Assert.Equal(id, (await File.ReadAllTextAsync(seen)).Trim());
            File.Delete(seen);
            await array.With(id).AssertNothingLeftAsync();
        }
    }

    [Fact]
    public async Task Two_jobs_at_once_on_the_same_nodes_have_a_port_a_key_and_a_directory_each_and_reach_their_own_containers()
    {
        const string Meets = """
            #!/bin/sh -e
            : >"here.$SLURM_JOB_ID"
            until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
            echo "$(ls /run/pisahpc) $(ssh o2wn02 ls /run/pisahpc)"
            ssh -G o2wn02 | sed -n 's/^port //p'
            sha256sum <"$(ssh -G o2wn02 | sed -n 's/^identityfile //p')"
            """;
        var jobs = new List<HookedJob>();
        for (var i = 0; i < 2; i++)
        {
            jobs.Add(await HookedJob.SubmitAsync(slurm, Meets, ["--comment=docker-tiny", .. BothNodes]));
        }

        await HookedSlurm.UntilAsync("both run", () => Task.FromResult(jobs.All(job => File.Exists($"{Home}/here.{job.Id}"))));
        jobs.ForEach(job => File.WriteAllText($"{Home}/go.{job.Id}", ""));
        foreach (var job in jobs)
        {
            Assert.Equal("COMPLETED", await job.EndAsync());
            File.Delete($"{Home}/here.{job.Id}");
            File.Delete($"{Home}/go.{job.Id}");
        }

        var lines = jobs.Select(job => job.Output.Split('\n')).ToList();
        Assert.Equal(jobs.Select(job => $"{job.Id} {job.Id}"), lines.Select(said => said[0]));
        Assert.NotEqual(lines[0][1], lines[1][1]);
        Assert.NotEqual(lines[0][2], lines[1][2]);
        foreach (var job in jobs)
        {
            await job.AssertNothingLeftAsync();
        }
    }

    /// <summary>The key lies in a directory of the first node's own, as srun --x11 puts it.</summary>
    [Fact]
    public async Task A_script_has_its_callers_variables_under_the_rules_and_a_login_from_it_has_none_of_them()
    {
        var key = $"/tmp/.Xauthority-{Guid.NewGuid():N}";
        var node = slurm.Lab.Nodes[0];
        (await node.RunInsideAsync("sh", "-c", $"echo secret >{key} && chown hpcuser {key} && chmod 600 {key}")).EndedWith(0);
        Dictionary<string, string?> variables = new()
        {
            ["MULTI"] = "one\n two \nthree=3",
            ["LARGE"] = new string('x', 100_000),
            ["BASH_FUNC_which%%"] = "() { echo of the node; }",
            ["DISPLAY"] = "localhost:10.0",
            ["XAUTHORITY"] = key,
        };
        const string Tells = """
            #!/bin/sh
            printf '<%s>\n' "$MULTI" "${#LARGE}" "$DISPLAY" "$HOME"
            [ -z "$XAUTHORITY" ] || cat "$XAUTHORITY"
            env | grep -c BASH_FUNC
            ssh o2wn02 'printf "<%s>\n" "$MULTI$LARGE$DISPLAY$SLURM_JOB_ID" "$HOME"'
            """;
        string[] options = ["--comment=docker-tiny", "--nodes=2", .. BothNodes];
        var all = await HookedJob.SubmitAsync(slurm, "hpcuser", variables, Tells, options);
        var none = await HookedJob.SubmitAsync(slurm, "hpcuser", variables, Tells, ["--export=NONE", .. options]);
        await all.EndAsync();
        await none.EndAsync();
        (await node.RunInsideAsync("rm", key)).EndedWith(0);

        var login = $"0\n<>\n<{Home}>\n";
        Assert.Equal($"<one\n two \nthree=3>\n<100000>\n<localhost:10.0>\n<{Home}>\nsecret\n{login}", all.Output);
        Assert.Equal($"<>\n<0>\n<>\n<{Home}>\n{login}", none.Output);
        await all.AssertNothingLeftAsync();
        await none.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_hundred_megabytes_go_through_a_script_as_they_are_and_ten_through_srun()
    {
        var input = Path.Combine(Home, $"input.{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllBytesAsync(input, RandomNumberGenerator.GetBytes(100_000_000));
            var job = await HookedJob.SubmitAsync(slurm, "#!/bin/sh\ncat\n", "--comment=docker-tiny", $"--input={input}");
            Assert.Equal("COMPLETED", await job.EndAsync());
            (await RunningProcess.RunAsync("cmp", [input, job.OutputFile])).EndedWith(0);
            await job.AssertNothingLeftAsync();

            (await RunningProcess.RunAsync("truncate", ["--size=10000000", input])).EndedWith(0);
            var step = await AsUserAsync("sh", "-c", $"srun --comment=docker-tiny --quiet {First} cat <{input} | cmp {input}");
            await NothingIsLeftOfAsync(step.EndedWith(0).Error);
            var none = await AsUserAsync("sh", "-c", $"srun --comment=docker-tiny --input=none --quiet {First} wc -c");
            Assert.Equal("0", none.EndedWith(0).Output.Trim());
            await NothingIsLeftOfAsync(none.Error);
        }
        finally
        {
            File.Delete(input);
        }
    }

    /// <summary>mpirun takes nodes and slots from Slurm's variables, and the way to the other node is the job's ssh.</summary>
    [Fact]
    public async Task An_mpirun_in_the_script_fills_both_nodes()
    {
        const string Runs = """
            #!/bin/bash
            mpirun.openmpi /opt/pisahpc-lab/bin/mpi-hello-openmpi || exit
            mpiexec.mpich -n 2 -ppn 1 hostname
            """;
        var job = await HookedJob.SubmitAsync(
            slurm, Runs, "--comment=docker-debian12", "--nodelist=o2wn01,o2wn02", "--ntasks=56", "--distribution=block");
        Assert.Equal("COMPLETED", await job.EndAsync());
        var lines = job.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(["o2wn01", "o2wn02"], lines[^2..].Order());
        Assert.Equal(
            Enumerable.Range(0, 56).Select(rank =>
                $"rank {rank} of 56 on {(rank < 32 ? "o2wn01" : "o2wn02")} uid=4001 gid=4001 groups=4001,5001,5002 sum=1540")
                .Order(StringComparer.Ordinal),
            lines[..^2].Order(StringComparer.Ordinal));
        await job.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_step_with_a_terminal_has_its_size_and_its_keys_and_its_exit_code()
    {
        const string Waits = "stty size; trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 1; done";
        using var terminal = TerminalSession.Start(UserWords(
            "sh", "-c", $"stty rows 33 columns 99; exec srun --pty --comment=docker-tiny {First} sh -c \"$1\"", "sh", Waits));
        await terminal.SaysAsync("ready");
        Assert.Contains("33 99", terminal.OutputSoFar, StringComparison.Ordinal);
        await terminal.TypeAsync("\u0003");
        var end = (await terminal.EndAsync()).EndedWith(7);
        Assert.Contains("caught", end.Output, StringComparison.Ordinal);
        await NothingIsLeftOfAsync(end.Output);
    }

    [Fact]
    public async Task Salloc_opens_a_shell_in_the_container_where_the_site_has_it_so()
    {
        slurm.Install("-InteractiveStep").Succeeded();
        using var terminal = TerminalSession.Start(UserWords("salloc", "--comment=docker-tiny", "--quiet"));
        await terminal.TypeAsync("echo of job $SLURM_JOB_ID in $(cat /proc/1/comm) on $(tty)\r");
        await terminal.SaysAsync(" in docker-init on /dev/pts/");
        await terminal.TypeAsync("exit 5\r");
        var end = (await terminal.EndAsync()).EndedWith(5);
        await NothingIsLeftOfAsync(end.Output);
    }

    /// <summary>Waits for the end of a job that said its id, and looks for what it left.</summary>
    private async Task NothingIsLeftOfAsync(string said)
    {
        var job = HookedJob.Of(slurm, Regex.Match(said, "of job ([0-9]+)").Groups[1].Value);
        await job.EndAsync();
        await job.AssertNothingLeftAsync();
    }

    private string[] UserWords(params string[] command) =>
        ["setpriv", "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "env", $"--chdir={Home}", .. command];

    private Task<ProcessResult> AsUserAsync(params string[] command) =>
        RunningProcess.RunAsync(UserWords(command)[0], UserWords(command)[1..]);

    /// <summary>Of each element its place, its own id, and its exit code and signal.</summary>
    private static async Task<IReadOnlyList<(int Index, string Id, string End)>> ElementsAsync(HookedJob array)
    {
        var said = (await RunningProcess.RunAsync("scontrol", ["show", "job", "--oneliner", array.Id])).EndedWith(0);
        return
        [
            .. said.Lines.Select(line => line.Split(' ').Where(word => word.Contains('=', StringComparison.Ordinal))
                    .Select(word => word.Split('=', 2)).ToLookup(pair => pair[0], pair => pair[1]))
                .Select(fields => (
                    int.Parse(fields["ArrayTaskId"].First(), CultureInfo.InvariantCulture),
                    fields["JobId"].First(),
                    fields["ExitCode"].First()))
                .OrderBy(element => element.Item1),
        ];
    }
}
