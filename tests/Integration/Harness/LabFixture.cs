using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace PisaHpc.Integration.Harness;

/// <summary>
/// The lab that the tests of the collection "Lab" run on. It must stand already: it is one for the whole machine, and raising it is not a
/// test's business. Tests share it with each other by job ids of their own, and leave it as they found it.
/// </summary>
public sealed class LabFixture : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private LabState? _state;

    /// <summary>The lab.</summary>
    public LabState State => _state ?? throw new InvalidOperationException("The lab's state was not read.");

    /// <summary>The nodes.</summary>
    public IReadOnlyList<LabNode> Nodes => State.Nodes;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var status = await RunningProcess.RunAsync(Path.Combine(Repository.Root, "lab", "lab.sh"), ["status", "--json"]);
        _state = JsonSerializer.Deserialize<LabState>(status.EndedWith(0).Output, Json)!;
        if (!_state.Up || _state.Nodes.Count < 2)
        {
            throw new InvalidOperationException("The lab is down, and these tests need its two nodes. Raise it: ./build.sh Lab -Up");
        }

        // The cmdlets read the lab's site definition unless a test names another with -Site.
        Environment.SetEnvironmentVariable("PISAHPC_SITE", _state.Site);
    }

    /// <summary>The lab with so many nodes at least, raising those that it lacks: what runs is kept.</summary>
    /// <param name="count">How many.</param>
    public static async Task<LabFixture> WithNodesAsync(int count)
    {
        var lab = new LabFixture();
        await lab.InitializeAsync();
        if (lab.Nodes.Count < count)
        {
            var raised = await RunningProcess.RunAsync(
                Path.Combine(Repository.Root, "lab", "lab.sh"), ["up", $"{count}"], patience: TimeSpan.FromMinutes(5));
            raised.EndedWith(0);
            await lab.InitializeAsync();
        }

        return lab;
    }

    /// <inheritdoc/>
    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A job id that no other test, and no other run, has.</summary>
    /// <param name="about">A word of the test, for whoever meets the id on a node.</param>
    public static string NewJobId(string about = "test") => string.Create(
        CultureInfo.InvariantCulture, $"{about}-{DateTime.UtcNow:HHmmss}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");

    /// <summary>What of a job is found on the nodes and in the port area, by looking there and not by asking the module.</summary>
    public async Task<IReadOnlyList<string>> TracesOfAsync(string jobId)
    {
        var mark = jobId.Replace('[', '.').Replace("]", "", StringComparison.Ordinal);
        var traces = new List<string>();
        foreach (var node in Nodes)
        {
            var containers = await node.DockerAsync("ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.State}} {{.Labels}}");
            var ofJob = containers.EndedWith(0).Lines.Where(line => Names(line, mark, jobId));
            var run = node.PathOf("/run/pisahpc");
            var files = Entries(run).Concat(Entries($"{run}/.placed")).Concat(Entries($"{run}/.static").SelectMany(Entries))
                .Where(path => Names(path, mark));
            traces.AddRange(ofJob.Select(line => $"{node.Name}: container {line}"));
            traces.AddRange(files.Select(path => $"{node.Name}: {path}"));
        }

        traces.AddRange(Entries(State.PortArea).Where(path => Names(path, mark)).Select(path => $"port area: {path}"));
        traces.AddRange(ProcessesOf(mark).Concat(ProcessesOf(jobId)).Distinct());
        return traces;
    }

    /// <summary>Fails when a container, a file, a lease or a process of a job is found anywhere.</summary>
    public async Task AssertNothingLeftAsync(string jobId)
    {
        var traces = await TracesOfAsync(jobId);
        Assert.True(traces.Count == 0, $"Left behind by job {jobId}:\n{string.Join('\n', traces)}");
    }

    private static bool Names(string text, params string[] marks) => marks.Any(mark => text.Contains(mark, StringComparison.Ordinal));

    private static IEnumerable<string> Entries(string directory) =>
        Directory.Exists(directory) ? Directory.EnumerateFileSystemEntries(directory) : [];

    // This process's children are the test's business.
    private static IEnumerable<string> ProcessesOf(string mark) =>
        LabProcess.All().Where(process => Names(process.CommandLine, mark)).Select(process => $"process {process.Id}: {process.CommandLine}");
}

/// <summary>The tests that use the lab, one class after another: <c>[Collection(LabTests.Name)]</c>.</summary>
[CollectionDefinition(Name)]
public sealed class LabTests : ICollectionFixture<LabFixture>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "Lab";
}
