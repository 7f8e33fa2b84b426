using PisaHpc.Containers.Commands;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

/// <summary>What there is in a container, as its shell says.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ContainerListingTests : IDisposable
{
    private readonly string _tree = Directory.CreateTempSubdirectory("pisahpc-listing-").FullName;
    private readonly FakeCluster _cluster = new();

    public ContainerListingTests()
    {
        foreach (var (name, mode) in new[] { ("a/solver", "755"), ("b/solver", "755"), ("b/mesh er", "755"), ("b/notes", "644") })
        {
            var path = Path.Combine(_tree, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
        }

        Directory.CreateDirectory(Path.Combine(_tree, "b", "deeper"));
        _cluster.EngineOf("n1").Add(new EngineContainer
        {
            Id = "c",
            Name = "c",
            Image = "tiny",
            State = ContainerState.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Labels = new Dictionary<string, string>(),
        });
        _cluster.OnExecute = (_, request) => FakeExecution.Ended(0, OnThisMachine(request));
    }

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    [Fact]
    public async Task Programs_are_those_of_the_path_and_of_two_the_one_that_runs() => Assert.Equal(
        [$"{_tree}/a/solver", $"{_tree}/b/mesh er"],
        (await ContainerListing.ProgramsAsync(_cluster.EngineOf("n1"), "c", CancellationToken.None))
            .Where(path => path.StartsWith(_tree, StringComparison.Ordinal)));

    [Fact]
    public async Task Directories_are_one_level_s() => Assert.Equal(
        [$"{_tree}/a", $"{_tree}/b"],
        await ContainerListing.DirectoriesAsync(_cluster.EngineOf("n1"), "c", _tree, CancellationToken.None));

    [Fact]
    public async Task Of_a_directory_that_is_not_there_there_are_none() => Assert.Empty(
        await ContainerListing.DirectoriesAsync(_cluster.EngineOf("n1"), "c", _tree + "/none", CancellationToken.None));

    /// <summary>Runs what the container would run.</summary>
    private string OnThisMachine(ExecutionRequest request)
    {
        var start = new System.Diagnostics.ProcessStartInfo(request.Command[0], request.Command.Skip(1)) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{_tree}/a:{_tree}/b:/usr/bin";
        using var process = System.Diagnostics.Process.Start(start)!;
        return process.StandardOutput.ReadToEnd();
    }
}
