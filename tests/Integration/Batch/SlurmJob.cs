using System.Text;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Batch;

/// <summary>A job of the lab's user in the lab's Slurm, cancelled at the end. Its script writes its environment down and waits.</summary>
public sealed class SlurmJob : IAsyncDisposable
{
    private const string Script = """
        #!/bin/sh
        env -0 >environment.$SLURM_JOB_ID.new
        mv environment.$SLURM_JOB_ID.new environment.$SLURM_JOB_ID
        exec sleep 600

        """;

    private readonly string _directory;

    private SlurmJob(string id, string directory) => (Id, _directory) = (id, directory);

    /// <summary>What sbatch called it.</summary>
    public string Id { get; }

    /// <summary>Submits a job as the lab's user.</summary>
    /// <param name="options">Options of sbatch.</param>
    public static async Task<SlurmJob> SubmitAsync(LabFixture lab, params string[] options)
    {
        var directory = Path.Combine(lab.State.Shared, "home", "hpcuser");
        var submitted = await RunningProcess.RunAsync(
            "setpriv",
            [
                "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "sbatch", "--parsable", $"--chdir={directory}",
                "--output=/dev/null", "--time=10", .. options,
            ],
            input: Script);
        return new SlurmJob(submitted.EndedWith(0).Output.Trim(), directory);
    }

    /// <summary>The variables that the script found, when it runs.</summary>
    /// <param name="rawId">The id of an array's element; the job's own when not given.</param>
    public async Task<IReadOnlyDictionary<string, string>> EnvironmentAsync(string? rawId = null)
    {
        var file = Path.Combine(_directory, $"environment.{rawId ?? Id}");
        var patience = DateTime.UtcNow.AddSeconds(120);
        while (!File.Exists(file))
        {
            Assert.True(DateTime.UtcNow < patience, $"Job {Id} does not run: {await StateAsync()}");
            await Task.Delay(20);
        }

        var text = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file));
        File.Delete(file);
        return text.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(variable => variable.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
    }

    /// <summary>Cancels it and waits until its nodes are free of it; nothing of it ran an epilog.</summary>
    public async ValueTask DisposeAsync()
    {
        (await RunningProcess.RunAsync("scancel", [Id])).EndedWith(0);
        await WaitAsync(state => state.Length == 0);
    }

    /// <summary>Waits until squeue's words for it, its id, state and nodes or reason, are some; empty when it has ended.</summary>
    public async Task WaitAsync(Func<string, bool> isWanted)
    {
        var patience = DateTime.UtcNow.AddSeconds(120);
        for (var state = await StateAsync(); !isWanted(state); state = await StateAsync())
        {
            Assert.True(DateTime.UtcNow < patience, $"Job {Id} does not come so far: {state}");
            await Task.Delay(100);
        }
    }

    /// <summary>Waits until slurmctld knows nothing of it any more, which takes it a while longer than MinJobAge says.</summary>
    public async Task IsForgottenAsync()
    {
        var patience = DateTime.UtcNow.AddSeconds(120);
        while ((await RunningProcess.RunAsync("squeue", ["--noheader", "--states=all", $"--jobs={Id}"])).ExitCode == 0)
        {
            Assert.True(DateTime.UtcNow < patience, $"Job {Id} is not forgotten.");
            await Task.Delay(200);
        }
    }

    private async Task<string> StateAsync()
    {
        var listed = await RunningProcess.RunAsync("squeue", ["--noheader", $"--jobs={Id}", "--format=%i %T %R"]);
        return listed.ExitCode != 0 && listed.Error.Contains("Invalid job id", StringComparison.Ordinal)
            ? ""
            : listed.EndedWith(0).Output.Trim();
    }
}
