using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>A batch job of one of the lab's users, as he submits it.</summary>
public sealed class HookedJob
{
    /// <summary>The lab's user.</summary>
    public const string User = "hpcuser";

    private readonly HookedSlurm _slurm;
    private readonly string _output;

    private HookedJob(HookedSlurm slurm, string id, string output) => (_slurm, Id, _output) = (slurm, id, output);

    /// <summary>The file with what its script wrote.</summary>
    public string OutputFile => _output;

    /// <summary>What sbatch called it.</summary>
    public string Id { get; }

    /// <summary>What its script wrote, both streams.</summary>
    public string Output => File.Exists(_output) ? File.ReadAllText(_output) : "";

    /// <summary>A job that srun made, whose output is srun's.</summary>
    public static HookedJob Of(HookedSlurm slurm, string id) => new(slurm, id, Path.Combine(HomeIn(slurm), $"out.{id}"));

    /// <summary>An element of an array, or a component of a heterogeneous job, whose output is in the whole job's files.</summary>
    public HookedJob With(string id) => new(_slurm, id, Path.Combine(Path.GetDirectoryName(_output)!, $"out.{id}"));

    /// <summary>Submits a script.</summary>
    public static async Task<HookedJob> SubmitAsync(HookedSlurm slurm, string script, params string[] options)
    {
        var submitted = (await TrySubmitAsync(slurm, script, options)).EndedWith(0);
        var id = submitted.Output.Trim();
        return Of(slurm, id);
    }

    /// <summary>Submits a script as a user, from a shell that has some variables.</summary>
    public static async Task<HookedJob> SubmitAsync(
        HookedSlurm slurm, string user, IReadOnlyDictionary<string, string?> variables, string script, params string[] options)
    {
        var submitted = (await RunningProcess.RunAsync("setpriv", SubmissionBy(slurm, user, options), variables, script)).EndedWith(0);
        var id = submitted.Output.Trim();
        return new HookedJob(slurm, id, Path.Combine(HomeIn(slurm, user), $"out.{id}"));
    }

    /// <summary>Tries to submit a script.</summary>
    public static Task<ProcessResult> TrySubmitAsync(HookedSlurm slurm, string script, params string[] options) =>
        RunningProcess.RunAsync("setpriv", SubmissionBy(slurm, User, options), input: script);

    /// <summary>A field of what scontrol says of it.</summary>
    public async Task<string> FieldAsync(string name)
    {
        var said = await RunningProcess.RunAsync("scontrol", ["show", "job", "--oneliner", Id]);
        return said.EndedWith(0).Output.Split(' ').FirstOrDefault(word => word.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..]
            ?? "";
    }

    /// <summary>Waits until it is over, of an array or a heterogeneous job all of it, and its nodes are free of it.</summary>
    /// <returns>Its state.</returns>
    public async Task<string> EndAsync(int seconds = 120)
    {
        await HookedSlurm.UntilAsync($"job {Id} ends", async () => (await RunningProcess.RunAsync(
            "squeue", ["--noheader", "--format=%i"])).EndedWith(0).Lines.All(line => line.Trim().Split('_', '+')[0] != Id), seconds);
        return await FieldAsync("JobState");
    }

    /// <summary>Waits for words in its output.</summary>
    public Task SaysAsync(string words) => HookedSlurm.UntilAsync(
        $"job {Id} says '{words}', and not '{Output}'", () => Task.FromResult(Output.Contains(words, StringComparison.Ordinal)));

    /// <summary>Cancels it.</summary>
    public async Task CancelAsync() => (await RunningProcess.RunAsync("scancel", [Id])).EndedWith(0);

    /// <summary>
    /// Fails when a container, a file, a lease, a record, a mount, a control group of Slurm's or a process of it is found anywhere.
    /// </summary>
    public async Task AssertNothingLeftAsync()
    {
        await _slurm.Lab.AssertNothingLeftAsync(Id);
        foreach (var node in _slurm.Lab.Nodes)
        {
            var records = node.PathOf("/run/pisahpc/.slurm");
            Assert.Empty(Directory.Exists(records) ? Directory.EnumerateFiles(records, Id + ".*") : []);
            Assert.DoesNotContain($"/{Id}", await File.ReadAllTextAsync($"/proc/{node.Init}/mountinfo"), StringComparison.Ordinal);
        }

        Assert.Empty(Directory.EnumerateDirectories("/sys/fs/cgroup", $"job_{Id}", SearchOption.AllDirectories));

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

    private static string[] SubmissionBy(HookedSlurm slurm, string user, string[] options) =>
    [
        $"--reuid={user}", $"--regid={user}", "--init-groups", "sbatch", "--parsable", $"--chdir={HomeIn(slurm, user)}",
        $"--output={HomeIn(slurm, user)}/out.%j", "--open-mode=append", "--time=5", .. options,
    ];

    private static string HomeIn(HookedSlurm slurm, string user = User) => Path.Combine(slurm.Lab.State.Shared, "home", user);
}
