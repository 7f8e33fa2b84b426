using System.Collections.Concurrent;
using System.Text;
using PisaHpc.HostLists;

namespace PisaHpc.Containers.Commands;

/// <summary>What a command wrote, word for word the same in containers, where it ended with the same code.</summary>
public sealed record HpcContainerOutputGroup
{
    /// <summary>The containers' nodes, each once.</summary>
    public required IReadOnlyList<string> Nodes { get => HostList.Readable(field); init; }

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => HostList.FoldFound(Nodes);

    /// <summary>How many containers they are; a node may have several.</summary>
    public required int Count { get; init; }

    /// <summary>The containers' names, in order.</summary>
    public required IReadOnlyList<string> Names { get => HostList.Readable(field); init; }

    /// <summary>The containers' names in a text.</summary>
    public string NameList => HostList.FoldFound(Names);

    /// <summary>The program and its arguments, as a shell would take them.</summary>
    public required string Command { get; init; }

    /// <summary>Whether it ended with 0.</summary>
    public bool Succeeded => ExitCode == 0;

    /// <summary>The exit code; 128 + n when signal n ended it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>What it wrote to its standard output, without the last line's end.</summary>
    public required string Text { get; init; }

    /// <summary>What it wrote to its standard error, the same way.</summary>
    public required string ErrorText { get; init; }

    /// <summary>The nodes, and below them what was written there.</summary>
    public override string ToString()
    {
        var ended = Succeeded ? "" : $" (exit code {ExitCode})";
        return string.Join('\n', new[] { $"{NodeList}{ended}:", Text, ErrorText }.Where(part => part.Length > 0));
    }
}

/// <summary>Puts what a command wrote in many containers together. What is the same is held once.</summary>
/// <param name="command">The program and its arguments, as a shell would take them.</param>
internal sealed class OutputFold(string command)
{
    private readonly ConcurrentDictionary<Written, ConcurrentQueue<HpcContainer>> _same = [];

    /// <summary>The groups, in the order of the first node of each.</summary>
    public IReadOnlyList<HpcContainerOutputGroup> Groups =>
    [
        .. from same in _same
           let nodes = HostList.SortFound(same.Value.Select(container => container.Node))
           orderby HostNames.SortKey(nodes[0]), same.Key.ExitCode, same.Key.Text
           select new HpcContainerOutputGroup
           {
               Nodes = nodes,
               Count = same.Value.Count,
               Names = HostList.SortFound(same.Value.Select(container => container.Name)),
               Command = command,
               ExitCode = same.Key.ExitCode,
               Text = same.Key.Text,
               ErrorText = same.Key.ErrorText,
           },
    ];

    /// <summary>Takes what a container's command wrote when it has ended, from any thread.</summary>
    public void Add(HpcContainer container, int exitCode, OutputText output) =>
        _same.GetOrAdd(new Written(exitCode, output.Text, output.ErrorText), _ => []).Enqueue(container);

    private readonly record struct Written(int ExitCode, string Text, string ErrorText);
}

/// <summary>What a command writes, in two texts. The lines of each stream come one after another, those of both side by side.</summary>
internal sealed class OutputText
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _errorText = new();

    /// <summary>What it wrote to its standard output until now.</summary>
    public string Text => _text.ToString().TrimEnd('\n');

    /// <summary>What it wrote to its standard error until now.</summary>
    public string ErrorText => _errorText.ToString().TrimEnd('\n');

    /// <summary>Takes lines of one stream.</summary>
    public void Add(IReadOnlyList<HpcContainerOutput> lines)
    {
        foreach (var line in lines)
        {
            (line.Stream == "stderr" ? _errorText : _text).Append(line.Text).Append('\n');
        }
    }
}
