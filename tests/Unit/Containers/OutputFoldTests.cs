using PisaHpc.Containers;
using PisaHpc.Containers.Commands;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Containers;

/// <summary>What commands wrote word for word the same, and ended the same, is one object.</summary>
public sealed class OutputFoldTests
{
    [Fact]
    public void Containers_are_put_together_by_what_was_written_and_how_it_ended()
    {
        var fold = new OutputFold("cat /etc/release");
        Add(fold, "o2wn10", 0, "stdout:one", "stdout:two");
        Add(fold, "o2wn02", 1, "stdout:one", "stdout:two");
        Add(fold, "o2wn09", 0, "stdout:one", "stderr:careful", "stdout:two");
        Add(fold, "o2wn01", 0, "stdout:one", "stdout:two");

        var groups = fold.Groups;

        Assert.Equal(["o2wn[01,10]", "o2wn02", "o2wn09"], groups.Select(group => group.NodeList));
        Assert.Equal((2, 0, "one\ntwo", "", "cat /etc/release"),
            (groups[0].Count, groups[0].ExitCode, groups[0].Text, groups[0].ErrorText, groups[0].Command));
        Assert.Equal("pisahpc-1-o2wn[01,10]", groups[0].NameList);
        Assert.Equal("o2wn02 (exit code 1):\none\ntwo", groups[1].ToString());
        Assert.Equal("careful", groups[2].ErrorText);
    }

    [Fact]
    public void Two_containers_of_a_node_are_two()
    {
        var fold = new OutputFold("true");
        Add(fold, "o2wn01", 0);
        Add(fold, "o2wn01", 0);
        Assert.Equal(("o2wn01", 2), (Assert.Single(fold.Groups).NodeList, fold.Groups[0].Count));
    }

    private static void Add(OutputFold fold, string node, int code, params string[] lines)
    {
        var text = new OutputText();
        foreach (var line in lines)
        {
            var (stream, written) = (line.Split(':')[0], line.Split(':')[1]);
            text.Add([new HpcContainerOutput(node, "c", "1", stream, written, DateTimeOffset.UtcNow)]);
        }

        fold.Add(Container(node), code, text);
    }

    internal static HpcContainer Container(string node) => new()
    {
        Node = node,
        JobId = "1",
        Name = $"pisahpc-1-{node}",
        Id = node,
        State = nameof(ContainerState.Running),
        Environment = "debian12",
        Image = "pisa/hpc:deb12",
        Owner = "hpcuser",
        Slots = 1,
        Port = 22001,
        ReadyTimeoutSec = 30,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };
}
