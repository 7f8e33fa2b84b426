using System.Diagnostics;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>A node that Slurm gives no new job for a while, by the script in a real shell; its Slurm is made of files.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SlurmHoldTests : IDisposable
{
    private const string Reason = "pisahpc: static cs7";

    private static readonly NodeScript Script = NodeScript.Of("Batch/Slurm/hold-node.sh");

    private readonly DirectoryInfo _slurm = Directory.CreateTempSubdirectory("pisahpc-hold-");

    public SlurmHoldTests()
    {
        (State, Why, Jobs) = ("IDLE", "none", "");
        Program("scontrol", """
            cd "${0%/*}" || exit
            [ ! -e away ] || { echo "Unable to contact slurm controller" >&2; exit 1; }
            if [ "$1" = show ]; then
                printf 'NodeName=n1\n   State=%s ThreadsPerCore=1\n   Reason=%s [root@1795906300]\n' "$(cat state)" "$(cat reason)"
                exit
            fi
            case $3 in
            State=DRAIN) printf IDLE+DRAIN >state; printf %s "${4#Reason=}" >reason ;;
            State=UNDRAIN) printf IDLE >state ;;
            esac
            """);
        Program("squeue", """
            cd "${0%/*}" || exit
            [ ! -e deaf ] || { echo "Zero Bytes were transmitted or received" >&2; exit 1; }
            cat jobs
            """);
    }

    private string State { get => Get("state"); set => Set("state", value); }

    private string Why { get => Get("reason"); set => Set("reason", value); }

    private string Jobs { set => Set("jobs", value); }

    public void Dispose() => _slurm.Delete(recursive: true);

    [Fact]
    public async Task It_bears_the_callers_own_mark_and_is_given_back_when_he_is_gone()
    {
        using var held = Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal(("IDLE+DRAIN", $"{Reason} m1"), (State, Why));
        Assert.Equal((0, "IDLE"), (End(held), State));
    }

    [Fact]
    public async Task A_queue_that_cannot_be_asked_is_asked_again_and_then_told_and_the_node_given_back()
    {
        Set("deaf", "");
        using (var refused = Start())
        {
            Assert.Equal("failed Zero Bytes were transmitted or received", (await refused.StandardOutput.ReadLineAsync())!.TrimEnd());
            Assert.Equal((0, "IDLE"), (End(refused), State));
        }

        using var held = Start(wait: 30);
        var said = held.StandardOutput.ReadLineAsync();
        await Task.Delay(1500);
        Assert.False(said.IsCompleted);
        Remove("deaf");
        Assert.Equal("idle", await said);
        Assert.Equal(0, End(held));
    }

    [Fact]
    public async Task One_that_jobs_have_is_given_back_and_no_child_keeps_its_output_open()
    {
        Jobs = "41\n42\n";
        using (var busy = Start())
        {
            Assert.Equal("busy 2", await busy.StandardOutput.ReadLineAsync());
            Assert.Equal((0, "IDLE"), (End(busy), State));
        }

        using var waiting = Start(wait: 3600);
        await UntilAsync("IDLE+DRAIN");
        await Task.Delay(2000);
        var clock = Stopwatch.StartNew();
        waiting.StandardInput.Close();
        Assert.Equal("", await waiting.StandardOutput.ReadToEndAsync());
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.Equal("IDLE", State);
    }

    [Fact]
    public async Task Giving_back_goes_on_where_Slurm_does_not_answer_and_the_caller_ends_it()
    {
        using var held = Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Set("away", "");
        held.StandardInput.Close();
        await Task.Delay(1000);
        using (var kill = Process.Start("kill", ["-TERM", $"{held.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        Assert.False(held.HasExited);
        Remove("away");
        Assert.Equal((0, "IDLE"), (CodeOf(held), State));
    }

    [Fact]
    public async Task What_came_after_bears_another_mark_and_stays()
    {
        using var held = Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Why = $"{Reason} m2";
        Assert.Equal((0, "IDLE+DRAIN"), (End(held), State));
    }

    [Theory]
    [InlineData("IDLE+DRAIN", "pisahpc: static deb12 m9", "taken pisahpc: static deb12 m9")]
    [InlineData("IDLE+DRAIN", "pisahpc: static cs70 m9", "taken pisahpc: static cs70 m9")]
    [InlineData("IDLE+DRAIN", "pisahpc: disk-full: 3 jobs", "idle")]
    [InlineData("IDLE+DRAIN", "disk", "idle")]
    [InlineData("DOWN", "disk", "idle")]
    public async Task What_another_has_drained_or_that_is_down_is_left_so(string state, string why, string said)
    {
        (State, Why) = (state, why);
        using var held = Start();
        Assert.Equal(said, await held.StandardOutput.ReadLineAsync());
        Assert.Equal(0, End(held));
        Assert.Equal((state, why), (State, Why));
    }

    [Fact]
    public async Task What_a_dead_caller_of_the_same_left_drained_is_taken_over()
    {
        (State, Why) = ("IDLE+DRAIN", $"{Reason} m0");
        using var held = Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal($"{Reason} m1", Why);
        Assert.Equal((0, "IDLE"), (End(held), State));
    }

    private static int End(Process held)
    {
        held.StandardInput.Close();
        return CodeOf(held);
    }

    private static int CodeOf(Process held)
    {
        Assert.True(held.WaitForExit(TimeSpan.FromSeconds(20)));
        return held.ExitCode;
    }

    private async Task UntilAsync(string state)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (State != state)
        {
            await Task.Delay(50, patience.Token);
        }
    }

    private Process Start(int wait = 0)
    {
        var start = new ProcessStartInfo("/bin/sh", Script.Command("n1", $"{wait}", Reason, "60", "m1").Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_slurm.FullName}:{Environment.GetEnvironmentVariable("PATH")}";
        return Process.Start(start)!;
    }

    private string Get(string file) => File.ReadAllText(Path.Combine(_slurm.FullName, file));

    private void Set(string file, string text) => File.WriteAllText(Path.Combine(_slurm.FullName, file), text);

    private void Remove(string file) => File.Delete(Path.Combine(_slurm.FullName, file));

    private void Program(string name, string text)
    {
        Set(name, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(
            Path.Combine(_slurm.FullName, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
