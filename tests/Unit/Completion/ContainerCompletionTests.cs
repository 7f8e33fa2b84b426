using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using PisaHpc.Engines;
using PisaHpc.Module.Completion;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Completion;

/// <summary>
/// Completers that look into containers: of three nodes the first is down, the second has a container of job 1, the third one of job 2 and
/// one of a static environment. A container's files are a directory of this machine.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class ContainerCompletionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _tree = Directory.CreateTempSubdirectory("pisahpc-inner-").FullName;
    private readonly FakeCluster _cluster = new();
    private readonly ConcurrentQueue<string> _asked = new();

    public ContainerCompletionTests()
    {
        File.WriteAllText(Site, """
            nodes: { names: 'n[1-3]' }
            environments: { tiny: { image: 'tiny:1' } }
            static: { cs7: { environment: tiny, port: 2201, nodes: n3 } }
            """);
        foreach (var (name, mode) in new[] { ("bin/solver", "755"), ("bin/sort er", "755"), ("bin/sonata", "644") })
        {
            Directory.CreateDirectory(Path.Combine(_tree, "bin"));
            File.WriteAllText(Path.Combine(_tree, name), "");
            File.SetUnixFileMode(Path.Combine(_tree, name), (UnixFileMode)Convert.ToInt32(mode, 8));
        }

        Directory.CreateDirectory(Path.Combine(_tree, "data", "deeper"));
        _cluster.FailOn("n1", FakeStep.ConnectEngine, new HpcException(ErrorId.NodeUnreachable, "Node n1 cannot be reached.", "n1"));
        Add("n2", "pisahpc-1", ("pisahpc.job", "1"));
        Add("n3", "pisahpc-2", ("pisahpc.job", "2"));
        Add("n3", "pisahpc-static-cs7", ("pisahpc.static", "cs7"));
        _cluster.OnExecute = (container, request) => FakeExecution.Ended(0, OnThisMachine(container, request));
    }

    private string Site => Path.Combine(_tree, "site.yaml");

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    [Theory]
    [InlineData("so", "solver", "'sort er'")]
    [InlineData("sol", "solver")]
    [InlineData("'so", "'solver'", "'sort er'")]
    [InlineData("x")]
    public void Programs_are_those_on_the_path_of_a_container_that_answers(string word, params string[] programs) =>
        Assert.Equal(programs, Complete(new ContainerProgramCompleter { EnginesOf = _ => _cluster, TimeLimit = Patience }, word));

    [Theory]
    [InlineData("/b", "/bin")]
    [InlineData("/data/", "/data/deeper")]
    [InlineData("/none/")]
    public void Directories_come_level_by_level(string word, params string[] directories) => Assert.Equal(
        directories.Select(path => _tree + path),
        Complete(new InnerDirectoryCompleter { EnginesOf = _ => _cluster, TimeLimit = Patience }, _tree + word));

    [Fact]
    public void What_is_copied_out_of_a_container_may_be_a_file() => Assert.Equal(
        [$"{_tree}/bin/solver", $"{_tree}/bin/sonata", $"'{_tree}/bin/sort er'"],
        Complete(new InnerItemCompleter { EnginesOf = _ => _cluster, TimeLimit = Patience }, $"{_tree}/bin/so"));

    [Theory]
    [InlineData("JobId", "2", "pisahpc-2")]
    [InlineData("JobId", "1", "pisahpc-1")]
    [InlineData("Static", "cs7", "pisahpc-static-cs7")]
    [InlineData("Static", "c*", "pisahpc-static-cs7")]
    [InlineData("Node", "n2", "pisahpc-1")]
    [InlineData("Node", "n[1-2]", "pisahpc-1")]
    [InlineData("Node", "n?", "pisahpc-1")]
    public void The_container_is_one_of_those_that_the_line_means(string parameter, string value, string container)
    {
        _cluster.HoldOn("n3", FakeStep.ConnectEngine, parameter == "Node" ? new TaskCompletionSource().Task : Task.CompletedTask);
        Complete(new ContainerProgramCompleter { EnginesOf = _ => _cluster, TimeLimit = Patience }, "so", (parameter, value));
        Assert.Equal(container, Assert.Single(_asked));
    }

    [Theory]
    [InlineData("Node", "n*", "pisahpc-1", "pisahpc-2", "pisahpc-static-cs7")]
    [InlineData("Node", "n2", "pisahpc-1")]
    [InlineData("JobId", "2", "pisahpc-2")]
    [InlineData("Static", "cs7", "pisahpc-static-cs7")]
    public void Names_are_those_of_the_containers_on_all_nodes_that_answer(string parameter, string value, params string[] names) =>
        Assert.Equal(names, Complete(
            new ContainerNameCompleter { EnginesOf = _ => _cluster, TimeLimit = Patience }, "pisa", (parameter, value)).Order());

    [Fact]
    public void A_mount_is_completed_by_a_node_that_answers()
    {
        _cluster.FailOn("n1", FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "Node n1 cannot be reached.", "n1"));
        _cluster.HoldOn("n2", FakeStep.Connect, new TaskCompletionSource().Task);
        _cluster.OnRun = (_, arguments, _) => FakeCluster.Result(0, $"{arguments[1]}/data\n{arguments[1]}/bin\n");
        Assert.Equal(["/gpfs/bin", "/gpfs/data"], Complete(new MountCompleter { NodesOf = _ => _cluster, TimeLimit = Patience }, "/gpfs/"));
    }

    private void Add(string node, string name, (string Name, string Value) label) => _cluster.EngineOf(node).Add(new EngineContainer
    {
        Id = name,
        Name = name,
        Image = "tiny:1",
        State = ContainerState.Running,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Labels = new Dictionary<string, string>
        {
            ["pisahpc.schema"] = "1",
            [label.Name] = label.Value,
            ["pisahpc.node"] = node,
            ["pisahpc.environment"] = "tiny",
            ["pisahpc.owner"] = "hpcuser",
        },
    });

    /// <summary>Runs what the container would run.</summary>
    private string OnThisMachine(EngineContainer container, ExecutionRequest request)
    {
        _asked.Enqueue(container.Name);
        var start = new ProcessStartInfo(request.Command[0], request.Command.Skip(1)) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{_tree}/bin";
        using var process = Process.Start(start)!;
        return process.StandardOutput.ReadToEnd();
    }

    private IEnumerable<string> Complete(SiteCompleter completer, string word, params (string Name, string Value)[] line)
    {
        var bound = new Hashtable { ["Site"] = Site };
        foreach (var (name, value) in line)
        {
            bound[name] = value;
        }

        return completer.CompleteArgument("Invoke-ContainerCommand", "Command", word, null!, bound).Select(result => result.CompletionText);
    }
}
