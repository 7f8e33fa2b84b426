using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>A batch job of the lab's user, as he submits it.</summary>
public sealed class HookedJob
{
    private readonly HookedSlurm _slurm;
    private readonly string _output;

    private HookedJob(HookedSlurm slurm, string id, string output) => (_slurm, Id, _output) = (slurm, id, output);

    /// <summary>What sbatch called it.</summary>
    public string Id { get; }

    /// <summary>What its script wrote, both streams.</summary>
    public string Output => File.Exists(_output) ? File.ReadAllText(_output) : "";

    /// <summary>A job that srun made, whose output is srun's.</summary>
    public static HookedJob Of(HookedSlurm slurm, string id) => new(slurm, id, Path.Combine(HomeIn(slurm), $"out.{id}"));

    /// <summary>Submits a script.</summary>
    public static async Task<HookedJob> SubmitAsync(HookedSlurm slurm, string script, params string[] options)
    {
        var submitted = (await TrySubmitAsync(slurm, script, options)).EndedWith(0);
        var id = submitted.Output.Trim();
        return Of(slurm, id);
    }

    /// <summary>Tries to submit a script.</summary>
    public static Task<ProcessResult> TrySubmitAsync(HookedSlurm slurm, string script, params string[] options) => RunningProcess.RunAsync(
        "setpriv",
        [
            "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "sbatch", "--parsable", $"--chdir={HomeIn(slurm)}",
            $"--output={HomeIn(slurm)}/out.%j", "--open-mode=append", "--time=5", .. options,
        ],
        input: script);

    /// <summary>A field of what scontrol says of it.</summary>
    public async Task<string> FieldAsync(string name)
    {
        var said = await RunningProcess.RunAsync("scontrol", ["show", "job", "--oneliner", Id]);
        return said.EndedWith(0).Output.Split(' ').FirstOrDefault(word => word.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..]
            ?? "";
    }

    /// <summary>Waits until it is over and its nodes are free of it.</summary>
    /// <returns>Its state.</returns>
    public async Task<string> EndAsync(int seconds = 120)
    {
        await HookedSlurm.UntilAsync($"job {Id} ends", async () => (await RunningProcess.RunAsync(
            "squeue", ["--noheader", "--format=%i"])).EndedWith(0).Lines.All(line => line.Trim() != Id), seconds);
        return await FieldAsync("JobState");
    }

    /// <summary>Waits for words in its output.</summary>
    public Task SaysAsync(string words) => HookedSlurm.UntilAsync(
        $"job {Id} says '{words}', and not '{Output}'", () => Task.FromResult(Output.Contains(words, StringComparison.Ordinal)));

    /// <summary>Cancels it.</summary>
    public async Task CancelAsync() => (await RunningProcess.RunAsync("scancel", [Id])).EndedWith(0);

    /// <summary>Fails when a container, a file, a lease, a record or a process of it is found anywhere.</summary>
    public async Task AssertNothingLeftAsync()
    {
        await _slurm.Lab.AssertNothingLeftAsync(Id);
        foreach (var node in _slurm.Lab.Nodes)
        {
            var records = node.PathOf("/run/pisahpc/.slurm");
            Assert.Empty(Directory.Exists(records) ? Directory.EnumerateFiles(records, Id + ".*") : []);
        }

        File.Delete(_output);
    }

    /// <summary>The job's containers that run, by node.</summary>
    public async Task<IReadOnlyList<string>> ContainersAsync()
    {
        var found = new List<string>();
        foreach (var node in _slurm.Lab.Nodes)
        {
            var listed = await node.DockerAsync("ps", "--format", "{{.ID}} {{.Labels}}");
            found.AddRange(listed.EndedWith(0).Lines.Where(line => line.Contains(Id, StringComparison.Ordinal))
                .Select(line => $"{node.Name} {line.Split(' ')[0]}"));
        }

        return found;
    }

    private static string HomeIn(HookedSlurm slurm) => Path.Combine(slurm.Lab.State.Shared, "home", "hpcuser");
}
